/** Where the logs of the functions go: a file beside the kept state, or standard error, or nowhere. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';

export interface FunctionLog {
  /** The name is missing for what was printed outside an invocation. */
  readonly write: (functionName: string | undefined, line: string) => void;
  readonly file?: string;
  readonly close: () => void;
}

/** `print` is given with --verbose, and gets every line as well. */
export function openFunctionLog(dataDir: string | undefined, print: ((line: string) => void) | undefined): FunctionLog {
  const shout =
    print === undefined
      ? () => undefined
      : (name: string | undefined, line: string) => print(`[${name ?? 'functions'}] ${line}`);
  if (dataDir === undefined) return { write: shout, close: () => undefined };
  const file = join(dataDir, 'functions.log');
  let stream: WriteStream | undefined;
  return {
    file,
    write(name, line) {
      stream ??= openLog(file);
      stream.write(`${line}\n`);
      shout(name, line);
    },
    close: () => void stream?.end(),
  };
}

/** With the first line: by then the laptop AWS has made the folder, or said why it cannot. */
function openLog(file: string): WriteStream {
  // A full disk must not end the laptop AWS; its own journals will say so soon enough.
  return createWriteStream(file, { flags: 'a' }).on('error', () => undefined);
}
