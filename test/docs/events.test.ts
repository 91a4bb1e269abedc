/** docs/events.md shows what the real code sends, and documents every event. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileEventPattern } from '../../local/eventbridge/event-pattern.ts';
import { ROOT } from '../source-tree.ts';
import { exampleEvents } from '../support/example-events.ts';
import { DOCUMENTED_EVENTS, eventProblems } from '../support/schemas.ts';

const page = readFileSync(join(ROOT, 'docs', 'events.md'), 'utf8');
let made: Awaited<ReturnType<typeof exampleEvents>>;
beforeAll(async () => {
  made = await exampleEvents();
});

function blocksIn(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, body = '']) => body);
}

function sectionOf(title: string): string {
  const [, section = ''] = page.split(`\n### ${title}\n`);
  return section.split(/\n##/)[0] ?? '';
}

describe('docs/events.md', () => {
  test('has a section, a schema and an example for each event, and no other', () => {
    const titles = [...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
    expect(titles.sort()).toEqual(DOCUMENTED_EVENTS);
    expect([...made.keys()].sort()).toEqual(DOCUMENTED_EVENTS);
    for (const file of readdirSync(join(ROOT, 'docs', 'events'))) expect(page).toContain(`](events/${file})`);
  });

  test.each(DOCUMENTED_EVENTS)('shows %s as the code makes it, and as its schema says', (title) => {
    const detail = JSON.parse(JSON.stringify(made.get(title))) as unknown;
    expect(eventProblems(title, detail)).toEqual([]);
    expect(blocksIn(sectionOf(title), 'json').map((text) => JSON.parse(text) as unknown)).toEqual([detail]);
  });

  test('shows a rule that lets through what it says, and a consumer that acts once', async () => {
    const [pattern = ''] = blocksIn(page.split('\n## ')[1] ?? '', 'json');
    const matches = compileEventPattern(pattern);
    const event = (title: string, change: object = {}) => ({
      source: 'rundrop',
      'detail-type': title,
      detail: { ...made.get(title), ...change },
    });
    expect(matches(event('Run Outcome', { outcome: 'COMPLETED', route: 'germline' }))).toBe(true);
    expect(matches(event('Run Outcome', { outcome: 'FAILED', route: 'germline' }))).toBe(false);
    expect(matches(event('Run Overdue'))).toBe(false);

    const [source = ''] = blocksIn(page, 'js');
    const url = `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`;
    const { onRunOutcome } = (await import(/* @vite-ignore */ url)) as {
      onRunOutcome: (event: object, ports: object) => Promise<void>;
    };
    const seen = new Set<string>();
    const acted: unknown[] = [];
    const ports = {
      isNew: async (id: string) => seen.size < seen.add(id).size,
      act: async (detail: unknown) => void acted.push(detail),
    };
    for (let delivery = 0; delivery < 3; delivery += 1) await onRunOutcome(event('Run Outcome'), ports);
    expect(acted).toEqual([made.get('Run Outcome')]);
  });
});
