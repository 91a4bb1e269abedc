import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  gotThrough,
  type InLineByMode,
  isDoubtful,
  type Knowledge,
  lifted,
  OPEN_GATE,
  planStarts,
  refused,
  type StartGate,
  slowed,
  taken,
} from '../../../lib/runs/start-gate.ts';

const START_MS = Date.UTC(2026, 0, 1);
const iso = (seconds: number) => new Date(START_MS + seconds * 1000).toISOString();
const probeEveryMs = 55_000;
const reason = 'A quota is full.';
const waits = (identity: string, retentionMode: 'RETAIN' | 'REMOVE' = 'RETAIN'): InLineByMode => ({
  identity,
  route: 'a',
  priority: 0,
  since: iso(0),
  retentionMode,
});
const LINE = [waits('one'), waits('two'), waits('three', 'REMOVE')];
const closed = (mode: 'RETAIN' | 'REMOVE', gate = OPEN_GATE, seconds = 0, identity = 'one') =>
  refused(gate, { mode, identity, reason }, iso(seconds));

function plan(gate: StartGate, seconds: number, picture: Knowledge['picture'] = {}, line = LINE) {
  const { go, isProbe, held } = planStarts(line, { gate, picture, nowMs: START_MS + seconds * 1000, probeEveryMs });
  return { go: go.map(({ identity }) => identity), isProbe, held: held.map(({ entry }) => entry.identity) };
}

describe('who may start', () => {
  it('is everybody while nothing is known against it', () => {
    expect(plan(OPEN_GATE, 0)).toEqual({ go: ['one', 'two', 'three'], isProbe: false, held: [] });
  });

  it('is nobody whose mode was refused, until its minute is over', () => {
    expect(plan(closed('RETAIN'), 54)).toEqual({ go: ['three'], isProbe: false, held: ['one', 'two'] });
    expect(plan(closed('REMOVE'), 54)).toEqual({ go: [], isProbe: false, held: ['one', 'two', 'three'] });
  });

  it('is then one request, another one than the last', () => {
    expect(plan(closed('RETAIN'), 55)).toMatchObject({ go: ['two'], isProbe: true });
    expect(plan(closed('RETAIN'), 55, {}, [waits('one')])).toMatchObject({ go: ['one'], isProbe: true });
  });

  it('is everybody again once one got through, and a RETAIN run shows room for both modes', () => {
    const both = closed('REMOVE', closed('RETAIN'));
    expect(plan(gotThrough(both, 'RETAIN', iso(1)), 2)).toMatchObject({ go: ['one', 'two', 'three'] });
    expect(plan(gotThrough(both, 'REMOVE', iso(1)), 2)).toMatchObject({ go: ['three'], held: ['one', 'two'] });
  });

  it('takes turns between the modes that are full', () => {
    const both = closed('RETAIN', closed('REMOVE'), 60);
    expect(plan(both, 119)).toMatchObject({ go: ['three'], isProbe: true });
    expect(plan(closed('REMOVE', both, 119, 'three'), 174)).toMatchObject({ go: ['two'], isProbe: true });
  });

  it('need not wait for the minute when a run ended that may have made room, but a fifth of it', () => {
    const gate = lifted(closed('RETAIN'), ['RETAIN'], iso(2));
    expect(plan(gate, 10)).toMatchObject({ go: ['three'] });
    expect(plan(gate, 11)).toMatchObject({ go: ['two'], isProbe: true });
    expect(lifted(gate, ['RETAIN'], iso(3))).toBe(gate);
    expect(lifted(OPEN_GATE, ['RETAIN'], iso(3))).toBe(OPEN_GATE);
    expect(plan(closed('RETAIN', gate, 11), 23)).toMatchObject({ isProbe: false });
  });

  it('is one at once where only a picture says that there is no room, and nobody of a picture that was wrong', () => {
    const picture = { RETAIN: { takenAt: iso(-60), reason: 'by the sweep' } };
    expect(plan(OPEN_GATE, 0, picture)).toEqual({ go: ['one'], isProbe: true, held: ['one', 'two'] });
    const gate = gotThrough(OPEN_GATE, 'RETAIN', iso(1));
    expect(plan(gate, 2, picture)).toMatchObject({ go: ['one', 'two', 'three'], held: [] });
    const newer = { RETAIN: { takenAt: iso(30), reason: 'by the sweep' } };
    expect(plan(gate, 40, newer)).toMatchObject({ isProbe: true });
  });

  it('says whether HealthOmics itself refused just now', () => {
    const told = (gate: StartGate, seconds: number, picture: Knowledge['picture'] = {}) =>
      planStarts(LINE, { gate, picture, nowMs: START_MS + seconds * 1000, probeEveryMs }).held.map(
        (one) => one.refusedJustNow,
      );
    expect(told(closed('RETAIN'), 54)).toEqual([true, true]);
    expect(told(closed('RETAIN'), 55)).toEqual([false, false]);
    expect(told(slowed(closed('RETAIN'), START_MS), 1)).toEqual([false, false, false]);
    expect(told(OPEN_GATE, 1, { REMOVE: { takenAt: iso(0), reason } })).toEqual([false]);
  });

  it('is nobody while several were throttled, each time for longer', () => {
    let gate = OPEN_GATE;
    const pauses = [];
    for (let time = 0; time < 6; time += 1) {
      gate = slowed(gate, START_MS);
      pauses.push((Date.parse(gate.slowUntil ?? '') - START_MS) / 1000);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 300, 300]);
    expect(plan(gate, 299)).toEqual({ go: [], isProbe: false, held: ['one', 'two', 'three'] });
    const { held } = planStarts(LINE, { gate, picture: {}, nowMs: START_MS, probeEveryMs });
    expect(held[0]?.reason).toContain('throttling or ill');
    expect(plan(gate, 300)).toMatchObject({ go: ['one', 'two', 'three'] });
    expect(gotThrough(gate, 'REMOVE', iso(301))).toMatchObject({ slowTimes: 0 });
    expect(gotThrough(gate, 'REMOVE', iso(301))).not.toHaveProperty('slowUntil');
  });

  it('leaves out what a picture says that was taken as room was seen, in that mode alone', () => {
    const seen = { RETAIN: { takenAt: iso(0), reason }, REMOVE: { takenAt: iso(0), reason } };
    const gate = gotThrough(OPEN_GATE, 'REMOVE', iso(0));
    expect(plan(gate, 1, seen)).toMatchObject({ held: ['one', 'two'] });
    expect(gotThrough(gate, 'REMOVE', iso(5)).roomSeenAt).toEqual({ REMOVE: iso(5) });
    expect(gotThrough(gotThrough(OPEN_GATE, 'RETAIN', iso(0)), 'REMOVE', iso(5)).roomSeenAt).toEqual({
      RETAIN: iso(0),
      REMOVE: iso(5),
    });
  });

  it('keeps since when the quota is full, and says what HealthOmics said last', () => {
    const gate = refused(closed('RETAIN'), { mode: 'RETAIN', identity: 'two', reason: 'still full' }, iso(60));
    expect(gate.full).toEqual({ RETAIN: { since: iso(0), probedAt: iso(60), probed: 'two', reason: 'still full' } });
  });

  it('lets out at most one refused call a minute, however often it is asked and whatever waits', () => {
    const nudge = fc.record({ afterSeconds: fc.integer({ min: 0, max: 30 }), modes: fc.subarray(LINE) });
    fc.assert(
      fc.property(fc.array(nudge, { maxLength: 80 }), (nudges) => {
        let gate = closed('REMOVE', closed('RETAIN'));
        let seconds = 0;
        const calls = [0];
        for (const { afterSeconds, modes } of nudges) {
          seconds += afterSeconds;
          const nowMs = START_MS + seconds * 1000;
          const { go, isProbe } = planStarts(modes, { gate, picture: {}, nowMs, probeEveryMs });
          expect(go.length).toBeLessThanOrEqual(1);
          for (const { identity, retentionMode } of go) {
            expect(isProbe).toBe(true);
            calls.push(seconds);
            gate = refused(gate, { mode: retentionMode, identity, reason }, iso(seconds));
          }
        }
        const gaps = calls.slice(1).map((at, place) => at - (calls[place] ?? 0));
        expect(gaps.every((gap) => gap * 1000 >= probeEveryMs)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is remembered', () => {
  const picture = { RETAIN: { takenAt: iso(10), reason } };

  it('gives reason to doubt that a start gets through: a refusal, throttling, or a picture that is not past', () => {
    expect(isDoubtful('RETAIN', { gate: OPEN_GATE, picture: {} })).toBe(false);
    expect(isDoubtful('RETAIN', { gate: closed('RETAIN'), picture: {} })).toBe(true);
    expect(isDoubtful('REMOVE', { gate: closed('RETAIN'), picture: {} })).toBe(false);
    expect(isDoubtful('REMOVE', { gate: slowed(OPEN_GATE, START_MS), picture: {} })).toBe(true);
    expect(isDoubtful('RETAIN', { gate: OPEN_GATE, picture })).toBe(true);
    expect(isDoubtful('REMOVE', { gate: OPEN_GATE, picture })).toBe(false);
    expect(isDoubtful('RETAIN', { gate: gotThrough(OPEN_GATE, 'RETAIN', iso(9)), picture })).toBe(true);
    expect(isDoubtful('RETAIN', { gate: gotThrough(OPEN_GATE, 'RETAIN', iso(10)), picture })).toBe(false);
  });

  it('is until when the last call has the pace to itself, to the millisecond and never less', () => {
    const gate = taken(closed('RETAIN'), START_MS + 200.25);
    expect(gate).toEqual({ ...closed('RETAIN'), takenUntil: iso(0.201) });
  });
});
