import { AwsError } from './aws-error.ts';

/** Not tried again on AWS either: the target is not there, or may not be used. */
const PERMANENT_CODES = new Set([
  'ResourceNotFoundException',
  'AWS.SimpleQueueService.NonExistentQueue',
  'QueueDoesNotExist',
  'StateMachineDoesNotExist',
  'ValidationException',
  'InvalidParameterValue',
]);

/** Whether what a target answered to an event or a schedule would be its answer to every other try. */
export function isPermanentFailure(error: unknown): boolean {
  return error instanceof AwsError && PERMANENT_CODES.has(error.code);
}
