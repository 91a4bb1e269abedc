/** Drops the examples, shows every run as it goes, and knows when all is settled. */
import type { Example } from '../../examples/demo.ts';
import type { Stack } from '../../local/stack.ts';
import { openDocuments, openOmics, openS3 } from '../clients.ts';
import type { Routing } from '../routing.ts';
import { ledgerTableOf, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { paint, printable } from '../text.ts';
import { dropExamples, judgeExamples, type Verdict } from './demo.ts';
import type { UpOptions } from './options.ts';
import { createProgressReader, type Progress } from './progress.ts';
import { createJsonView, createLiveView, createPlainView, type View } from './views.ts';
import { createWatcher, type Watcher } from './watcher.ts';

export interface Show {
  /** Resolves with the exit status when there is nothing more to do: with --once only. Rejects when showing failed. */
  readonly done: Promise<number>;
  /** One line of news. */
  readonly note: (line: string) => void;
  close(): void;
}

export interface ShowOptions {
  readonly stack: Stack;
  readonly target: Target;
  readonly terminal: Terminal;
  readonly options: UpOptions;
  readonly examples: readonly Example[];
  readonly routing: Routing;
}

const POLL_MS = 1_000;
const POLL_ONCE_MS = 300;
const QUIET_ROUNDS = 5;
/** With --once: rounds in which nothing moves though an example has not ended, before that is taken to be its end. */
const STUCK_ROUNDS = 50;
/** The longest that --once waits for the examples; they usually take less than half a minute. */
const ONCE_LIMIT_MS = 180_000;

export function showRuns(show: ShowOptions): Show {
  const { stack, terminal, options } = show;
  const view = createView(terminal, options, stack.endpoint);
  const { promise: done, resolve, reject } = Promise.withResolvers<number>();
  // The clients are loaded when there is something to look at: an idle laptop AWS stays small.
  let watching: Promise<Watcher> | undefined;
  const wake = () => {
    watching ??= startWatching(show, view, resolve);
    watching.then((watcher) => watcher.wake(), reject);
  };
  const stopWaking = stack.onActivity(wake);
  const stopListening = stack.onObjectCreated((object) => {
    const found = show.routing.match(object);
    if ('problem' in found) view.note(printable(`s3://${object.bucket}/${object.key}: ${found.problem}`));
  });
  const stopReading = stack.onNotification(({ subject }) => view.note(printable(`notification: ${subject}`)));
  const deadline = options.once
    ? setTimeout(() => giveUp(show, view, resolve).catch(reject), ONCE_LIMIT_MS)
    : undefined;
  begin(show, wake).catch(reject);
  return {
    done,
    note: view.note,
    close() {
      clearTimeout(deadline);
      stopWaking();
      stopListening();
      stopReading();
      watching?.then(
        (watcher) => watcher.stop(),
        () => undefined,
      );
      view.close();
    },
  };
}

/** The examples, or with kept state what is still unfinished of it. */
async function begin({ target, options, examples }: ShowOptions, wake: () => void): Promise<void> {
  if (examples.length > 0) await dropExamples(await openS3(target), examples);
  else if (options.once || options.data !== undefined) wake();
}

async function startWatching(show: ShowOptions, view: View, finish: (exitStatus: number) => void): Promise<Watcher> {
  const { target, options } = show;
  const [ledger, omics] = await Promise.all([openOwnLedger(target), openOmics(target)]);
  const isSettled = createSettledCheck(show.examples.length);
  return createWatcher({
    read: createProgressReader(ledger, omics),
    async onProgress(progress) {
      view.update(progress);
      if (!options.once) return;
      const verdicts = await judgeExamples(ledger, show.examples);
      if (isSettled(progress, verdicts)) finish(printVerdicts(show, view, verdicts));
    },
    onError: (error) => view.note(`cannot read how the runs are doing: ${String(error)}`),
    pollMs: options.once ? POLL_ONCE_MS : POLL_MS,
    quietRounds: options.once ? Number.POSITIVE_INFINITY : QUIET_ROUNDS,
  });
}

/** Asked once a round: whether all has ended, or can no longer be expected to. A drop takes a moment to become a request. */
export function createSettledCheck(
  examples: number,
): (progress: Pick<Progress, 'unfinished'>, verdicts: readonly Verdict[]) => boolean {
  let quiet = 0;
  return ({ unfinished }, verdicts) => {
    quiet = unfinished ? 0 : quiet + 1;
    if (unfinished) return false;
    if (examples === 0) return quiet >= QUIET_ROUNDS;
    return verdicts.every(({ open }) => !open) || quiet >= STUCK_ROUNDS;
  };
}

async function giveUp(show: ShowOptions, view: View, finish: (exitStatus: number) => void): Promise<void> {
  view.note(`Not settled after ${ONCE_LIMIT_MS / 1000} seconds, which is the limit of --once.`);
  const verdicts = await judgeExamples(await openOwnLedger(show.target), show.examples);
  printVerdicts(show, view, verdicts);
  finish(1);
}

async function openOwnLedger(target: Target) {
  const [documents, { createLedger }] = await Promise.all([
    openDocuments(target),
    import('../../lib/ledger/ledger.ts'),
  ]);
  return createLedger(documents, ledgerTableOf(target));
}

/** The exit status: 0 when every example ended as it should. */
function printVerdicts({ terminal, options }: ShowOptions, view: View, verdicts: readonly Verdict[]): number {
  view.close();
  for (const verdict of verdicts) {
    if (options.json) terminal.out(JSON.stringify({ example: verdict.title, ...verdict }));
    else terminal.out(verdictLine(verdict, terminal));
  }
  return verdicts.every(({ ok }) => ok) ? 0 : 1;
}

export function verdictLine({ ok, title, expected, found }: Verdict, terminal: Pick<Terminal, 'screen'>): string {
  const mark = ok ? paint('ok', 'green', terminal.screen) : paint('NOT OK', 'red', terminal.screen);
  return ok ? `${mark} ${title}: ${found}` : `${mark} ${title}: expected ${expected}, but ${found}`;
}

function createView(terminal: Terminal, options: UpOptions, endpoint: string): View {
  const output = {
    write: (text: string) => void process.stdout.write(text),
    note: terminal.note,
    screen: terminal.screen,
    height: () => process.stdout.rows ?? 24,
    now: () => new Date(),
  };
  if (options.json) return createJsonView(output);
  const footer = `Listening on ${endpoint}${options.once ? '' : ' · Ctrl-C ends it'}`;
  return terminal.isInteractive ? createLiveView(output, footer) : createPlainView(output);
}
