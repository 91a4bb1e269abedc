import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder, ROOT } from '../source-tree.ts';

test('whatever the lifecycle loads on demand is loaded before virtual time begins', () => {
  const lifecycle = filesUnder('lib/lifecycle').map((path) => readFileSync(join(ROOT, path), 'utf8'));
  const onDemand = lifecycle.flatMap((text) =>
    [...text.matchAll(/[^.]import\('\.\/([a-z-]+\.ts)'\)/g)].map(([, to]) => to),
  );
  const functions = readFileSync(join(ROOT, 'test', 'simulation', 'functions.ts'), 'utf8');
  expect(onDemand).not.toEqual([]);
  expect(onDemand.filter((to) => !functions.includes(`import '../../lib/lifecycle/${to}';`))).toEqual([]);
});
