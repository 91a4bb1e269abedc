import { expect, it, onTestFinished } from 'vitest';
import { startLaptop } from './laptop.ts';

/** Seconds from now: far enough to start the laptop before, near enough to wait for. */
const AHEAD_SECONDS = 4;

it('starts one run at the scheduled time, with its date', async () => {
  const scheduled = new Date(Date.now() + AHEAD_SECONDS * 1000).toISOString().slice(0, 19);
  const laptop = await startLaptop({
    routes: `
version: 1
defaults: { roleArn: 'arn:aws:iam::000000000000:role/HealthOmics', outputUri: 's3://acme-results/{route}/', retentionMode: REMOVE, storageType: DYNAMIC }
routes: []
schedules:
  - name: once
    at: '${scheduled}'
    timezone: UTC
    run: { workflowId: "222", parameters: { date: '{date}' } }
`,
  });
  onTestFinished(() => laptop.stop());
  const [request] = await laptop.endedRequests(1);
  expect(request).toMatchObject({
    route: 'once',
    outcome: 'COMPLETED',
    origin: { kind: 'schedule', schedule: 'once', scheduledTime: `${scheduled}Z` },
  });
  expect(JSON.parse(request?.requestText ?? '')).toMatchObject({ parameters: { date: scheduled.slice(0, 10) } });
});
