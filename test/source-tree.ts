/** The project's own files, for the tests that keep the house in order. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

/** Not ours, or not part of the source. */
const LEFT_OUT = new Set(['node_modules', '.git', '.serverless', '.esbuild', '.rundrop', 'coverage']);

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every .ts and .mjs file. */
export function sourceFiles(): SourceFile[] {
  return filesUnder('')
    .filter((path) => /\.(ts|mjs)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (LEFT_OUT.has(entry.name)) return [];
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

export function topFolders(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name) && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

export interface Import {
  readonly from: string;
  /** A path from the root for our own files, else the package's name or `node:…`. */
  readonly to: string;
  readonly isOwn: boolean;
  /** `import type`: erased before anything runs. */
  readonly isType: boolean;
}

/** Static imports, type imports, re-exports and dynamic imports of a literal. */
const SPECIFIERS = [
  /^(?:import|export)\s[^;'"]*?\sfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
];

export function importsOf({ path, text }: SourceFile): Import[] {
  return SPECIFIERS.flatMap((pattern) => [...text.matchAll(pattern)]).map(([statement, specifier = '']) => {
    const isOwn = specifier.startsWith('.');
    const to = isOwn ? posix.join(dirname(path), specifier) : packageOf(specifier);
    return { from: path, to, isOwn, isType: /^(?:import|export) type\b/.test(statement) };
  });
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  const [scope = '', name] = specifier.split('/');
  return specifier.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope;
}

/** Every cycle of imports that exist at run time, each once, as the files in their order. */
export function cyclesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to, isOwn, isType } of imports)
    if (isOwn && !isType) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string) => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of targets.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of targets.keys()) visit(file);
  return cycles;
}
