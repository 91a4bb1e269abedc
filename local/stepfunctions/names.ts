/** Names and ARNs of state machines and executions. */
import { AwsError } from '../aws-error.ts';

const MACHINE_ARN = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:[^:]{1,80}$/;
const QUALIFIED_ARN = /^(arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:[^:]{1,80}):([^:]{1,80})$/;
const EXECUTION_ARN = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:[^:]{1,80}:[^:]{1,80}$/;
const LONGEST_NAME = 80;
/** As AWS lists them: whitespace, brackets, wildcards, special and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it forbids
const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/u;

/** @throws AwsError `InvalidName` */
export function checkName(name: string): string {
  if (name !== '' && name.length <= LONGEST_NAME && !FORBIDDEN.test(name)) return name;
  const rule = `1 to ${LONGEST_NAME} characters, without whitespace, control characters and any of <>{}[]?*"#%\\^|~\`$&,;:/`;
  throw new AwsError('InvalidName', `Invalid Name: '${name.slice(0, LONGEST_NAME + 1)}' (${rule})`);
}

/** @throws AwsError `InvalidArn` */
export function checkMachineArn(arn: string): string {
  if (MACHINE_ARN.test(arn)) return arn;
  throw new AwsError(
    'InvalidArn',
    `Invalid Arn: '${arn}' is not the ARN of a state machine, without a version or an alias.`,
  );
}

/** A state machine's ARN with the name of an alias behind it, taken apart; `undefined` for any other text. */
export function splitQualifiedArn(arn: string): { readonly machineArn: string; readonly alias: string } | undefined {
  const [, machineArn, alias] = QUALIFIED_ARN.exec(arn) ?? [];
  return machineArn === undefined || alias === undefined ? undefined : { machineArn, alias };
}

/** @throws AwsError `InvalidArn` */
export function checkExecutionArn(arn: string): string {
  if (EXECUTION_ARN.test(arn)) return arn;
  throw new AwsError('InvalidArn', `Invalid Arn: '${arn}' is not the ARN of an execution.`);
}

export function machineName(machineArn: string): string {
  return machineArn.slice(machineArn.lastIndexOf(':') + 1);
}

export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}
