/** The evidence bucket's Object Lock, from custom.evidenceLock. A wrong setting fails the packaging. */
'use strict';

const MODES = ['GOVERNANCE', 'COMPLIANCE'];
/** S3 takes no longer retention. */
const MOST_DAYS = 36_500;

module.exports = async ({ resolveConfigurationProperty }) => {
  const { days, mode } = await resolveConfigurationProperty(['custom', 'evidenceLock']);
  if (!Number.isInteger(days) || days < 0 || days > MOST_DAYS) {
    throw new Error(`custom.evidenceLock.days is ${days}, not a whole number from 0 to ${MOST_DAYS}.`);
  }
  if (!MODES.includes(mode)) throw new Error(`custom.evidenceLock.mode is ${mode}, not ${MODES.join(' or ')}.`);
  const rule = days === 0 ? {} : { Rule: { DefaultRetention: { Mode: mode, Days: days } } };
  return { objectLock: { ObjectLockEnabled: 'Enabled', ...rule } };
};
