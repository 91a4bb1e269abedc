/** docs/operations.md and the pages beside it name commands and options that there are, and a policy that is one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, rundrop } from './command-line.ts';

const [text = '', ...others] = ['operations.md', 'runbook.md', 'deploy.md'].map((page) =>
  readFileSync(path.join(ROOT, 'docs', page), 'utf8'),
);
const mentions = [...[text, ...others].join('\n').matchAll(/rundrop ([a-z]+)((?: [^`|\n]*?)?)(?=`|\||\n|,|:)/g)].map(
  ([, command = '', rest = '']) => ({
    command,
    options: rest.match(/--[a-z-]+/g) ?? [],
  }),
);
const commands = [...new Set(mentions.map(({ command }) => command))];

test.each(commands)('rundrop %s has every option that the pages use', async (command) => {
  const { exitStatus, stdout } = await rundrop([command, '--help']);
  expect(exitStatus).toBe(0);
  const used = new Set(mentions.filter((one) => one.command === command).flatMap(({ options }) => options));
  for (const option of used) expect(stdout).toContain(option);
});

test('the pages mention the commands that they are about', () => {
  for (const command of ['cancel', 'rerun', 'replay', 'waiting', 'show']) expect(commands).toContain(command);
});

test('the policies and outputs that it shows are JSON, and no statement allows everything', () => {
  const blocks = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = '']) => JSON.parse(block));
  const [, policy] = blocks;
  for (const { Action } of policy.Statement) {
    for (const action of [Action].flat())
      expect(action).toMatch(/^(dynamodb|omics|s3|states|sqs|lambda):[A-Z][A-Za-z]+$/);
  }
});
