import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { forgetsStripped } from '../../cli/stripped-sources.mjs';

const STRIPPED_SOURCES = new URL('../../cli/stripped-sources.mjs', import.meta.url).href;

describe('sources without their types', () => {
  let root: string;
  let file: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rundrop-stripped-'));
    file = join(root, 'kept', 'stripped.json');
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
    await writeFile(join(root, 'start.mjs'), START);
    await write("import type { Note } from './note.ts';\nexport const said: string = 'first';");
  });

  const START = [
    `import { keepStripped } from '${STRIPPED_SOURCES}';`,
    'const [root, file] = process.argv.slice(2);',
    'keepStripped({ root, file });',
    "const { said } = await import(new URL('said.ts', import.meta.url).href);",
    'console.log(said);',
  ].join('\n');
  const write = (text: string) => writeFile(join(root, 'said.ts'), text);
  const start = async () => {
    const args = ['--disable-warning=ExperimentalWarning', join(root, 'start.mjs'), root, file];
    return (await promisify(execFile)(process.execPath, args)).stdout.trim();
  };

  it('are kept when the process ends', async () => {
    expect(await start()).toBe('first');
    const kept = Object.values(JSON.parse(await readFile(file, 'utf8')) as Record<string, { source: string }>);
    expect(kept).toHaveLength(1);
    expect(kept[0]?.source).toContain("export const said         = 'first';");
  });

  it('are taken from there by the next one', async () => {
    await start();
    await writeFile(file, (await readFile(file, 'utf8')).replace('first', 'kept!'));
    expect(await start()).toBe('kept!');
  });

  it('are stripped again when the source has changed', async () => {
    await start();
    await write("export const said: string = 'another';");
    expect(await start()).toBe('another');
    expect(await start()).toBe('another');
  });

  it('are stripped again when what was kept is damaged', async () => {
    await start();
    await writeFile(file, '{"torn');
    expect(await start()).toBe('first');
  });

  it('need not be kept by a Node that does so itself', () => {
    expect(['22.18.0', '23.11.0', '24.0.0', '25.1.0'].map(forgetsStripped)).toEqual([true, true, false, false]);
  });
});
