/** SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject, JsonOperations } from '../aws-json.ts';
import { LONGEST_CAUSE } from './execution-operations.ts';
import { StateFailure } from './failures.ts';
import { MOST_PAYLOAD_BYTES } from './frame.ts';
import { optionalText, requiredText } from './requests.ts';
import type { TaskTokens } from './task-tokens.ts';

const LONGEST_ERROR = 256;

export function taskOperations(tokens: TaskTokens): JsonOperations {
  return {
    SendTaskSuccess: (request) => {
      const output = outputOf(request);
      tokens.holder(requiredText(request, 'taskToken')).succeed(output);
      return {};
    },
    SendTaskFailure: (request) => {
      const failure = new StateFailure(
        optionalText(request, 'error', LONGEST_ERROR),
        optionalText(request, 'cause', LONGEST_CAUSE),
      );
      tokens.holder(requiredText(request, 'taskToken')).fail(failure);
      return {};
    },
    SendTaskHeartbeat: (request) => {
      tokens.holder(requiredText(request, 'taskToken')).heartbeat();
      return {};
    },
  };
}

/** @throws AwsError `InvalidOutput` */
function outputOf(request: JsonObject): unknown {
  const text = requiredText(request, 'output');
  if (Buffer.byteLength(text) > MOST_PAYLOAD_BYTES) {
    throw new AwsError('InvalidOutput', `Invalid Output: the output is larger than ${MOST_PAYLOAD_BYTES} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AwsError('InvalidOutput', `Invalid Output: '${String(error)}'`, { cause: error });
  }
}
