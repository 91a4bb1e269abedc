/** Settings of the emulator from the texts of a command line. */
import { omicsModel } from './protocol/model.ts';
import {
  DEFAULT_SWITCHES,
  type EventFaults,
  type FixedDurations,
  type OmicsSettings,
  type OmicsSwitches,
  type OperationFault,
  SWITCH_VALUES,
} from './settings.ts';

/** A text that is no setting; the message says what would be one. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Each text as a person types it; later ones win over earlier ones of the same name. */
export interface SettingTexts {
  /** `requestIdReuse=SAME_ANSWER`. */
  readonly switches?: readonly string[];
  /** `StartRun=THROTTLE:0.2` or `*=SERVER_ERROR`. */
  readonly faults?: readonly string[];
  /** `lose=0.1`, `delay=0.5@2000` (milliseconds). */
  readonly eventFaults?: readonly string[];
  /** `RUNNING=60`, in emulated seconds. */
  readonly durations?: readonly string[];
}

/** @throws SettingError naming the text and what is possible. */
export function readSettings(texts: SettingTexts): OmicsSettings {
  return {
    ...Object.assign({}, ...(texts.switches ?? []).map(readSwitch)),
    operationFaults: (texts.faults ?? []).map(readOperationFault),
    eventFaults: Object.assign({}, ...(texts.eventFaults ?? []).map(readEventFault)),
    durations: Object.assign({}, ...(texts.durations ?? []).map(readDuration)),
  };
}

function readSwitch(text: string): Partial<OmicsSwitches> {
  const { name, value } = splitAt(text, '=');
  if (!isSwitchName(name)) {
    throw new SettingError(
      `The switch "${text}" is not known; the switches are ${Object.keys(DEFAULT_SWITCHES).join(', ')}.`,
    );
  }
  const values: readonly string[] | 'NUMBER' = SWITCH_VALUES[name];
  if (values === 'NUMBER') return { [name]: readNumber(text, value) };
  if (!values.includes(value)) {
    throw new SettingError(`The switch "${text}": ${name} is one of ${values.join(', ')}.`);
  }
  const isBoolean = typeof DEFAULT_SWITCHES[name] === 'boolean';
  return { [name]: isBoolean ? value === 'true' : value };
}

function isSwitchName(name: string): name is keyof OmicsSwitches {
  return Object.hasOwn(DEFAULT_SWITCHES, name);
}

const FAULT_KINDS: readonly OperationFault['kind'][] = [
  'THROTTLE',
  'ACCESS_DENIED',
  'SERVER_ERROR',
  'TIMEOUT_AFTER_SUCCESS',
  'CUT_AFTER_SUCCESS',
];

function readOperationFault(text: string): OperationFault {
  const { name: operation, value } = splitAt(text, '=');
  const { name: kind, value: share } = splitAt(value, ':');
  const known = FAULT_KINDS.find((each) => each === kind);
  if (known === undefined) {
    throw new SettingError(
      `The fault "${text}": write OPERATION=KIND or OPERATION=KIND:SHARE; the kinds are ${FAULT_KINDS.join(', ')}.`,
    );
  }
  if (operation !== '*' && !Object.hasOwn(omicsModel().operations, operation)) {
    throw new SettingError(`The fault "${text}": HealthOmics has no operation ${operation} here; * is any.`);
  }
  return { operation, kind: known, share: share === '' ? 1 : readShare(text, share) };
}

const EVENT_FAULTS = ['lose', 'duplicate', 'reorder', 'delay'];

function readEventFault(text: string): EventFaults {
  const { name, value } = splitAt(text, '=');
  if (!EVENT_FAULTS.includes(name)) {
    throw new SettingError(
      `The event fault "${text}": write NAME=SHARE; the names are ${EVENT_FAULTS.join(', ')}, and delay may say how long, as in delay=0.5@2000 (milliseconds).`,
    );
  }
  const { name: share, value: delayMs } = splitAt(value, '@');
  if (delayMs === '') return { [name]: readShare(text, share) };
  if (name !== 'delay') throw new SettingError(`The event fault "${text}": only delay takes a time.`);
  return { delay: readShare(text, share), delayMs: readNumber(text, delayMs) };
}

const TIMED_STATUSES = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING'];

function readDuration(text: string): FixedDurations {
  const { name, value } = splitAt(text, '=');
  if (!TIMED_STATUSES.includes(name)) {
    throw new SettingError(
      `The duration "${text}": write STATUS=SECONDS; the statuses are ${TIMED_STATUSES.join(', ')}.`,
    );
  }
  return { [name]: readNumber(text, value) };
}

function splitAt(text: string, mark: string): { readonly name: string; readonly value: string } {
  const place = text.indexOf(mark);
  return place < 0 ? { name: text, value: '' } : { name: text.slice(0, place), value: text.slice(place + 1) };
}

function readShare(text: string, share: string): number {
  const number = readNumber(text, share);
  if (number > 1) throw new SettingError(`"${text}": a share is a number from 0 to 1, not ${share}.`);
  return number;
}

function readNumber(text: string, number: string): number {
  const value = Number(number);
  if (number.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new SettingError(`"${text}": "${number}" is not a number of 0 or more.`);
  }
  return value;
}
