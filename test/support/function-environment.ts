/** What Lambda and serverless.yml give a function, so that what it makes for itself speaks to a server of the test. */
import { vi } from 'vitest';

export const FUNCTION_SETTINGS = {
  RUNDROP_STAGE: 'test',
  RUNDROP_LEDGER_TABLE: 'ledger',
  RUNDROP_IDEMPOTENCY_TABLE: 'idempotency',
  RUNDROP_STARTS_QUEUE_URL: 'starts',
  RUNDROP_DROPS_QUEUE_URL: 'drops',
  RUNDROP_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:run-lifecycle',
  RUNDROP_EVENT_BUS: 'bus',
  RUNDROP_NOTIFICATIONS_TOPIC: 'arn:aws:sns:us-east-1:000000000000:topic',
  RUNDROP_EVIDENCE_BUCKET: 'evidence',
  RUNDROP_ROUTES_COMMIT: 'unknown',
  RUNDROP_ROUTES_FILE: 'rundrop.yaml',
  RUNDROP_VERSION: '0.1.0',
};

/** Until `vi.unstubAllEnvs`; for a file that has a process of its own. */
export function stubFunctionEnvironment(endpoint: string): void {
  const account = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const environment = { ...account, ...FUNCTION_SETTINGS, AWS_ENDPOINT_URL: endpoint };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}
