/** The options that say how the laptop's HealthOmics behaves: the same for `up` and for `omics`. */
import type { Command } from 'commander';
import type { OmicsSettings } from '../local/omics/settings.ts';
import { UsageError } from './errors.ts';
import { collect } from './option-values.ts';

/** The command line's own words, as commander hands them over. */
export interface EmulatorOptions {
  readonly switch: readonly string[];
  readonly fault: readonly string[];
  readonly eventFault: readonly string[];
  readonly duration: readonly string[];
  readonly throttling?: boolean;
}

/** What `up` and `omics` are both told. */
export interface BootOptions extends EmulatorOptions {
  readonly port: number;
  readonly data?: string;
  readonly speed?: number;
  readonly seed?: number;
  readonly quota: readonly string[];
  readonly fail: readonly string[];
  readonly json?: boolean;
}

export function withEmulatorOptions(command: Command): Command {
  return command
    .option(
      '--switch <name=value>',
      'what AWS leaves undocumented, as in requestIdReuse=SAME_ANSWER; repeatable',
      collect,
      [],
    )
    .option('--fault <operation=kind[:share]>', 'make calls fail, as in StartRun=THROTTLE:0.2; repeatable', collect, [])
    .option(
      '--event-fault <name=share>',
      'lose, duplicate, reorder or delay a share of the events; repeatable',
      collect,
      [],
    )
    .option(
      '--duration <status=s>',
      'emulated seconds that runs stay in a status, as in RUNNING=60; repeatable',
      collect,
      [],
    )
    .option('--throttling', 'throttle calls at the documented rates');
}

/** @throws UsageError for a text that is no setting. */
export async function readEmulatorOptions(options: EmulatorOptions): Promise<OmicsSettings> {
  const { readSettings, SettingError } = await import('../local/omics/read-settings.ts');
  try {
    const { switch: switches, fault: faults, eventFault: eventFaults, duration: durations } = options;
    return {
      ...readSettings({ switches, faults, eventFaults, durations }),
      ...(options.throttling === undefined ? {} : { throttling: options.throttling }),
    };
  } catch (error) {
    if (error instanceof SettingError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
