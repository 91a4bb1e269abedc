import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../../lib/aws/config.ts';

const complete = {
  RUNDROP_STAGE: 'dev',
  RUNDROP_LEDGER_TABLE: 'rundrop-dev-ledger',
  RUNDROP_IDEMPOTENCY_TABLE: 'rundrop-dev-idempotency',
  RUNDROP_STARTS_QUEUE_URL: 'https://sqs/starts.fifo',
  RUNDROP_DROPS_QUEUE_URL: 'https://sqs/drops',
  RUNDROP_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:rundrop-dev-run-lifecycle',
  RUNDROP_EVENT_BUS: 'rundrop-dev',
  RUNDROP_NOTIFICATIONS_TOPIC: 'arn:aws:sns:us-east-1:123456789012:rundrop-dev-notifications',
  RUNDROP_EVIDENCE_BUCKET: 'rundrop-dev-evidence',
  RUNDROP_ROUTES_COMMIT: 'unknown',
  RUNDROP_ROUTES_FILE: 'rundrop.yaml',
  RUNDROP_VERSION: '0.1.0',
};

describe('configuration of the functions', () => {
  it('has defaults for what need not be set', () => {
    expect(parseConfig(complete)).toMatchObject({
      requestIdTrustSeconds: 86_400,
      retryBaseSeconds: 60,
      quotaProbeSeconds: 55,
      inStatusSeconds: { PENDING: 86_400, STARTING: 7_200, RUNNING: 259_200, STOPPING: 43_200 },
      endpointUrl: undefined,
    });
  });

  it('names every variable that is missing or malformed at once', () => {
    const broken = { ...complete, RUNDROP_STAGE: '', RUNDROP_VERSION: undefined, RUNDROP_RETRY_BASE_SECONDS: 'soon' };
    expect(() => parseConfig(broken)).toThrow(ConfigError);
    expect(() => parseConfig(broken)).toThrow(
      /RUNDROP_STAGE is missing\. RUNDROP_VERSION is missing\. RUNDROP_RETRY_BASE_SECONDS is "soon"/,
    );
  });

  it('reads how long a run may be in a status', () => {
    const limits = (RUNDROP_STATUS_LIMITS: string) =>
      parseConfig({ ...complete, RUNDROP_STATUS_LIMITS }).inStatusSeconds;
    expect(limits('PENDING=30m, RUNNING=7d')).toMatchObject({ PENDING: 1_800, STARTING: 7_200, RUNNING: 604_800 });
    expect(() => limits('PENDING')).toThrow(/RUNDROP_STATUS_LIMITS has "PENDING"/);
    expect(() => limits('COMPLETED=1h')).toThrow(/RUNDROP_STATUS_LIMITS has "COMPLETED=1h"/);
  });

  it('tells people of everything but completed and cancelled runs, unless it is said otherwise', () => {
    const notified = (RUNDROP_NOTIFY?: string) => [...parseConfig({ ...complete, RUNDROP_NOTIFY }).notify];
    expect(notified()).toContain('FAILED');
    expect(notified()).not.toContain('COMPLETED');
    expect(notified('FAILED, COMPLETED')).toEqual(['FAILED', 'COMPLETED']);
    expect(notified('none')).toEqual([]);
    expect(() => notified('FAILED,BORED')).toThrow(/RUNDROP_NOTIFY is "FAILED,BORED"/);
  });
});
