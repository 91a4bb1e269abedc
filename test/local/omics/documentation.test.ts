import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { omicsModel } from '../../../local/omics/protocol/model.ts';
import { DEFAULT_SWITCHES } from '../../../local/omics/settings.ts';

const page = readFileSync(new URL('../../../docs/healthomics-emulator.md', import.meta.url), 'utf8').replace(
  / {2,}/g,
  ' ',
);

it.each(Object.entries(omicsModel().operations))('documents %s', (name, { method, uri, status }) => {
  expect(page).toContain(`| ${name} | \`${method} ${uri}\` | ${status} |`);
});

it.each(Object.entries(DEFAULT_SWITCHES))('documents the switch %s with its default', (name, value) => {
  expect(page).toContain(`| \`${name}\` | ${String(value)}`);
});
