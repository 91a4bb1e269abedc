import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { appendWhole } from '../../local/append-whole.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const newFile = () => path.join(temporaryFolder(), 'lines');

it('writes on where one write took fewer bytes', () => {
  const file = newFile();
  const descriptor = openSync(file, 'a');
  appendWhole(descriptor, Buffer.from('one\ntwo\n'), (to, bytes, offset) => writeSync(to, bytes, offset, 1));
  closeSync(descriptor);
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

it('leaves nothing of what a full disk took in part, and goes on when there is room', () => {
  const file = newFile();
  const descriptor = openSync(file, 'a');
  appendWhole(descriptor, Buffer.from('one\n'));
  const filling = (to: number, bytes: Buffer, offset: number) => {
    if (offset > 0) throw new Error('ENOSPC');
    return writeSync(to, bytes, 0, 2);
  };
  expect(() => appendWhole(descriptor, Buffer.from('two\n'), filling)).toThrow('ENOSPC');
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  appendWhole(descriptor, Buffer.from('three\n'));
  closeSync(descriptor);
  expect(readFileSync(file, 'utf8')).toBe('one\nthree\n');
});
