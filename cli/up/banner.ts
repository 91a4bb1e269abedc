/** What a person needs to know once the laptop AWS is up. */
import { relative } from 'node:path';
import type { RouteFile } from '../../lib/routing/route-file.ts';
import { routingOf } from '../routing.ts';
import { DEFAULT_PORT } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { paint, printable } from '../text.ts';
import { DEFAULT_SPEED, type UpOptions } from './options.ts';

export interface Listening {
  readonly endpoint: string;
  readonly port: number;
  readonly options: UpOptions;
  readonly routes: RouteFile;
  readonly dataDir: string | undefined;
  readonly logFile: string | undefined;
}

export function announceListening(terminal: Terminal, listening: Listening): void {
  // With --json standard output holds changes only.
  const print = listening.options.json ? terminal.note : terminal.out;
  print(paint(`Rundrop is ready: a laptop-size AWS listens on ${listening.endpoint}`, 'bold', terminal.screen));
  for (const line of hintLines(listening)) print(line);
}

function hintLines({ port, options, routes, dataDir, logFile }: Listening): string[] {
  const env = port === DEFAULT_PORT ? 'npx rundrop env' : `npx rundrop env --port ${port}`;
  const state = dataDir === undefined ? 'kept in memory only; --data DIR keeps it' : `kept in ${shown(dataDir)}`;
  const logs = logFile === undefined ? [] : [`  Logs:   ${shown(logFile)}`];
  return [
    `  Shell:  eval "$(${env})"   first, or AWS clients speak to AWS itself`,
    ...dropLines(routes),
    '  Look:   npx rundrop runs | drops | waiting | show RUN',
    '  Kept:   the evidence of each outcome in s3://rundrop-local-evidence-000000000000-us-east-1',
    `  State:  ${state}; runs go ${options.speed ?? DEFAULT_SPEED} times faster than life`,
    ...logs,
    ...(options.once ? [] : ['  End:    Ctrl-C']),
    '',
  ];
}

/** A drop that a route of this very file takes. */
export function dropLines(routes: RouteFile): string[] {
  const place = routingOf(routes).placeFor('SAMPLE_R1.fastq.gz');
  if (place !== undefined) {
    return [
      `  Drop:   aws s3 cp SAMPLE_R1.fastq.gz s3://${place.bucket}/${place.key.replace('SAMPLE_R1.fastq.gz', '')}`,
      '     or   npx rundrop drop SAMPLE_R1.fastq.gz SAMPLE_R2.fastq.gz',
    ];
  }
  const [first] = routes.routes;
  return first === undefined
    ? []
    : [printable(`  Drop:   aws s3 cp FILE 's3://${first.bucket}/${first.pattern.text}'`)];
}

function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
