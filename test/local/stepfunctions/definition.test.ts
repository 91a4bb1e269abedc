import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws-error.ts';
import { readDefinition } from '../../../local/stepfunctions/definition.ts';
import { CALLBACK, INVOKE } from './private-stepfunctions.ts';

const pass = (fields: object) => ({ Only: { Type: 'Pass', End: true, ...fields } });
const task = (fields: object) => ({
  Only: { Type: 'Task', Resource: INVOKE, Parameters: { FunctionName: 'f' }, End: true, ...fields },
});
const choice = (rule: object) => ({
  Only: { Type: 'Choice', Choices: [{ ...rule, Next: 'Done' }] },
  Done: { Type: 'Succeed' },
});
const map = (fields: object) => ({
  Only: {
    Type: 'Map',
    ItemProcessor: { StartAt: 'Each', States: { Each: { Type: 'Succeed' } } },
    End: true,
    ...fields,
  },
});

/** What each definition's only state is refused for. */
const REFUSED: [string, object, RegExp][] = [
  ['JSONata in a state', pass({ QueryLanguage: 'JSONata' }), /JSONata.* at \/States\/Only/],
  ['JSONata arguments', task({ Arguments: {} }), /Arguments \(JSONata\)/],
  ['variables', pass({ Assign: { a: 1 } }), /Assign \(variables\)/],
  ['reading a variable', pass({ InputPath: '$a' }), /no variables/],
  ['a filter in a path', pass({ Parameters: { 'a.$': '$.b[?(@.c==1)]' } }), /only paths to one place/],
  ['a wildcard in a path', pass({ OutputPath: '$.a[*]' }), /only paths to one place/],
  [
    'an intrinsic function that runs wrong',
    pass({ Parameters: { 'a.$': 'States.JsonToString($)' } }),
    /States\.JsonToString does not run/,
  ],
  [
    'a wrong path in an intrinsic function',
    pass({ Parameters: { 'a.$': "States.Format('{}', $..b)" } }),
    /only paths to one place/,
  ],
  ['text where a path must be', pass({ Parameters: { 'a.$': 'b' } }), /neither a path nor an intrinsic/],
  ['a ResultPath into the context object', pass({ ResultPath: '$$.a' }), /cannot write into the context/],
  [
    'a distributed Map',
    map({ ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'E', States: {} } }),
    /distributed Map/,
  ],
  ['an ItemReader', map({ ItemReader: {} }), /ItemReader \(a distributed Map\)/],
  [
    'an integration that is not there',
    task({ Resource: 'arn:aws:states:::aws-sdk:omics:startRun' }),
    /does not run on this laptop AWS; there are/,
  ],
  [
    'a .sync pattern',
    task({ Resource: 'arn:aws:states:::states:startExecution.sync' }),
    /does not run on this laptop AWS/,
  ],
  ['a callback that keeps its token', task({ Resource: CALLBACK }), /\$\$\.Task\.Token/],
  ['a function without a name', task({ Parameters: {} }), /FunctionName is required/],
  ['an unknown field', pass({ Seconds: 3 }), /Pass has no field Seconds/],
  ['a state that goes nowhere', pass({ End: undefined }), /needs either Next or "End": true/],
  ['a state that is not there', pass({ End: undefined, Next: 'Gone' }), /Gone is named but not there/],
  ['a timeout of no time', task({ TimeoutSeconds: 0 }), /TimeoutSeconds must be a whole number/],
  ['a heartbeat beyond the timeout', task({ TimeoutSeconds: 5, HeartbeatSeconds: 6 }), /smaller than TimeoutSeconds/],
  ['a retry without errors', task({ Retry: [{ ErrorEquals: [] }] }), /ErrorEquals must be a list/],
  ['a rule without a comparison', choice({ Variable: '$.a' }), /exactly one comparison/],
  ['a rule with a pattern that would match more', choice({ Variable: '$.a', StringMatches: 'a?c' }), /only \* runs/],
  ['an unknown comparison', choice({ Variable: '$.a', StringLike: 'a' }), /StringLike is not a comparison/],
  ['an unknown type', { Only: { Type: 'Activity' } }, /"Activity" is not a state type/],
  ['two ways to wait', { Only: { Type: 'Wait', Seconds: 1, SecondsPath: '$.s', End: true } }, /exactly one of/],
];

describe('readDefinition', () => {
  it.each(REFUSED)('refuses %s, naming the state', (_, States, reason) => {
    const error = refusalOf({ StartAt: 'Only', States });
    expect(error.code).toBe('InvalidDefinition');
    expect(error.message).toMatch(reason);
    expect(error.message).toContain('/States/Only');
  });

  it('refuses text that is no definition', () => {
    expect(refusalOf('{').message).toContain('INVALID_JSON_DESCRIPTION');
    expect(refusalOf([]).message).toContain('must be an object');
    expect(refusalOf({ StartAt: 'Gone', States: pass({}) }).message).toContain('StartAt names "Gone"');
    expect(refusalOf({ StartAt: 'Only', TimeoutSeconds: -1, States: pass({}) }).message).toContain('TimeoutSeconds');
  });

  it('refuses a state name that is used twice, also inside a Map', () => {
    const States = map({ ItemProcessor: { StartAt: 'Only', States: pass({}) } });
    expect(refusalOf({ StartAt: 'Only', States }).message).toContain('DUPLICATE_STATE_NAME');
  });

  it('reads states, rules and integrations', () => {
    const Retry = [{ ErrorEquals: ['Busy'], MaxDelaySeconds: 9, JitterStrategy: 'FULL' }];
    const Parameters = { FunctionName: 'f', Payload: { 'token.$': '$$.Task.Token' } };
    const { block } = readDefinition(
      JSON.stringify({ StartAt: 'Only', States: task({ Resource: CALLBACK, Parameters, Retry }) }),
    );
    const state = block.states.get(block.startAt);
    expect(state).toMatchObject({
      type: 'Task',
      retriers: [
        {
          errorEquals: ['Busy'],
          intervalSeconds: 1,
          backoffRate: 2,
          maxAttempts: 3,
          maxDelaySeconds: 9,
          jitter: 'FULL',
        },
      ],
      integration: {
        kind: 'lambda-invoke',
        callback: true,
        resourceType: 'lambda',
        resource: 'invoke.waitForTaskToken',
      },
    });
    expect(state?.next).toBeUndefined();
  });
});

function refusalOf(definition: unknown): AwsError {
  try {
    readDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error('The definition was accepted.');
}
