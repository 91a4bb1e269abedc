import { expect, test } from 'vitest';
import { explainServiceError } from '../../cli/clients.ts';
import { chooseTarget } from '../../cli/target.ts';

const target = chooseTarget({ hasAwsSettings: true, hasCredentials: true, noColor: true, region: 'eu-north-1' });

/** As Node fails where a name has no address. */
const notFound = (hostname: string) =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname });

test('a region without HealthOmics is told from a network without AWS', () => {
  expect(explainServiceError(notFound('workflows-omics.eu-north-1.amazonaws.com'), target)).toBe(
    'There is no workflows-omics.eu-north-1.amazonaws.com: HealthOmics is not in every region. Set AWS_REGION, or the region of the profile, to one that has it.',
  );
  expect(explainServiceError(notFound('sts.eu-north-1.amazonaws.com'), target)).toContain(
    'AWS cannot be reached from here (getaddrinfo ENOTFOUND sts.eu-north-1.amazonaws.com)',
  );
});
