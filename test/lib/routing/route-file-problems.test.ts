import { describe, expect, it } from 'vitest';
import { fileOf, problemsOf, ROLE_ARN } from './load-routes.ts';

const OBJECT = `on: { bucket: acme-incoming, key: 'fastq/{sample}_R{read,[12]}.fastq.gz' }`;
const PAIR = `${OBJECT}\ngather: { by: [sample], needs: { read: ["1", "2"] } }`;
const on = (key: string) => `on: { bucket: acme-incoming, key: '${key}' }`;

describe('the file as a whole', () => {
  it.each([
    ['an empty file', '', 'rundrop.yaml:1:1: the file is empty'],
    ['a file of comments', '# nothing\n', 'rundrop.yaml:1:1: the file is empty'],
    ['a list', '- 1\n', 'rundrop.yaml:1:1: must be a group of members, not a list'],
    ['a text', 'hello\n', 'rundrop.yaml:1:1: must be a group of members, not "hello"'],
    ['no version', 'routes: []\n', 'the version is missing'],
    [
      'another version',
      'version: 2\nroutes: []\n',
      'rundrop.yaml:1:10: version: this version of Rundrop reads route files of version 1',
    ],
    ['neither routes nor schedules', 'version: 1\n', 'rundrop.yaml:1:1: neither a route nor a schedule'],
    ['no route', 'version: 1\nroutes: []\n', 'rundrop.yaml:2:9: routes: neither a route nor a schedule'],
    ['no schedule', 'version: 1\nschedules: []\n', 'rundrop.yaml:2:12: schedules: neither a route nor a schedule'],
    ['routes that are no list', 'version: 1\nroutes: { a: 1 }\n', 'rundrop.yaml:2:9: routes: must be a list'],
    [
      'an unknown member',
      'version: 1\nroute: []\n',
      'rundrop.yaml:2:1: route: unknown member "route", did you mean "routes"?',
    ],
    ['a tab', 'version: 1\nroutes:\n\t- a\n', 'rundrop.yaml:3:1: a tab is used to indent'],
    ['a duplicate key', 'version: 1\nversion: 1\nroutes: []\n', 'rundrop.yaml:2:1: this key is given twice'],
    ['an open bracket', 'version: 1\nroutes: [\n', 'not valid YAML'],
    ['two documents', 'version: 1\n---\nversion: 1\n', 'rundrop.yaml:2:1: a second YAML document'],
    ['a tag', 'version: !foo 1\nroutes: []\n', 'route files use no YAML tags'],
    ['an unknown alias', 'version: 1\nroutes: *x\n', 'the alias *x names no anchor above it'],
    ['a merge key', 'version: 1\n<<: {}\nroutes: []\n', 'merge keys'],
  ])('rejects %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('collects every problem, in the order of the file', () => {
    const text = fileOf(`${OBJECT}\nwhen: { sise: 1 }\nretry: { attempts: 0 }`, 'priority: high\nlogLevel: all');
    expect(problemsOf(text)).toEqual([
      'rundrop.yaml:10:13: routes[0].when.sise: unknown member "sise", did you mean "size"?',
      'rundrop.yaml:11:24: routes[0].retry.attempts: must be a whole number from 1 to 10, not 0',
      "rundrop.yaml:14:17: routes[0].run.priority: must be a whole number from 0 to 100000, not 'high'",
      `rundrop.yaml:15:17: routes[0].run.logLevel: must be OFF or FATAL or ERROR or ALL, not 'all', did you mean "ALL"?`,
    ]);
  });

  it('names a missing environment variable once, and nothing that follows from it', () => {
    const text = fileOf(OBJECT).replace(ROLE_ARN, `\${env:OMICS_ROLE}`);
    expect(problemsOf(text, { OMICS_ROLES: 'x' })).toEqual([
      'rundrop.yaml:3:12: defaults.roleArn: the environment variable OMICS_ROLE is not set (OMICS_ROLES is set): ' +
        `set it, or give a default as \${env:OMICS_ROLE, '…'}`,
    ]);
  });
});

describe('a route', () => {
  it.each([
    ['no name', fileOf(OBJECT).replace('name: test', 'identity: content'), '`name` is missing'],
    ['an unfit name', fileOf(OBJECT).replace('name: test', 'name: my route'), 'did you mean "my-route"?'],
    ['no on', fileOf('identity: content'), '`on` is missing'],
    ['no run', fileOf(OBJECT).replace(/ {4}run:[\s\S]*/, ''), '`run` is missing'],
    ['an unknown member', fileOf(`${OBJECT}\nexcepts: {}`), 'unknown member "excepts", did you mean "except"?'],
    [
      'a bucket with a wildcard',
      fileOf(`on: { bucket: 'a{b}c', key: a }`),
      'must be the name of a bucket, without wildcards',
    ],
    ['a bucket as a URI', fileOf('on: { bucket: s3://acme/, key: a }'), 'did you mean "acme"?'],
    ['a key as a URI', fileOf('on: { bucket: acme, key: s3://acme/a }'), 'did you mean "a"?'],
    ['a key that braces make a group', fileOf('on: { bucket: acme, key: {sample} }'), `did you mean "'{sample}'"?`],
    ['a bad pattern', fileOf(on('a/{b')), "rundrop.yaml:9:42: routes[0].on.key: a '{' without its '}'"],
    ['a bad regex', fileOf(on('a/{b,(}')), 'the regex of {b}: missing closing )'],
    ['a reserved wildcard', fileOf(on('a/{key}')), '{key} has a meaning of its own'],
    [
      'events of a later version',
      fileOf('on: { event: restored, bucket: acme, key: a }'),
      'this version of Rundrop does not offer `event`',
    ],
    ['how rows are read, and no rows', fileOf(`${OBJECT}\nsheet: {}`), 'it goes with each: row'],
    ['files of a later version', fileOf(OBJECT, "parameters: { a: '{file:input}' }"), 'does not offer {file:input}'],
    ['an unknown identity', fileOf(`${OBJECT}\nidentity: etag`), 'must be content or version, not "etag"'],
    ['sensitive names that are no wildcards', fileOf(`${OBJECT}\nsensitive: [smaple]`), 'did you mean "sample"?'],
    ['a limit of a later version', fileOf(`${OBJECT}\nlimits: { maxRunsAtOnce: 2 }`), 'does not offer `maxRunsAtOnce`'],
    ['each with gather', fileOf(`${PAIR}\neach: row`), '`each` and `gather` exclude each other'],
    ['another each', fileOf(`${OBJECT}\neach: column`), 'must be row, not "column"'],
    [
      'an outcome of no route',
      fileOf('on: { route: tset, status: COMPLETED }'),
      'there is no route "tset", did you mean "test"?',
    ],
    ['an outcome of its own', fileOf('on: { route: test, status: FAILED }'), 'would start on its own outcome'],
    ['an unknown outcome', fileOf('on: { route: test, status: DONE }'), 'must be COMPLETED or FAILED or CANCELLED'],
    [
      'gather on an outcome',
      fileOf('on: { route: test, status: FAILED }\ngather: {}'),
      '`gather` is for routes that a drop starts',
    ],
  ])('rejects %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('rejects a name that is taken', () => {
    const text = `${fileOf(OBJECT)}schedules:\n  - { name: test, rate: 1 hour, run: { workflowId: "1" } }\n`;
    expect(problemsOf(text)).toEqual(['rundrop.yaml:14:13: schedules[0].name: the name "test" is taken: see line 8']);
  });

  it('rejects outcomes that go round', () => {
    const text = `${fileOf('on: { route: b, status: FAILED }')}  - { name: b, on: { route: test, status: FAILED }, run: { workflowId: "1" } }\n`;
    expect(problemsOf(text)).toHaveLength(2);
  });
});

describe('except, when and gather', () => {
  const gather = (text: string) => fileOf(`${OBJECT}\ngather: ${text}`);
  it.each([
    [
      'except of no wildcard',
      fileOf(`${OBJECT}\nexcept: { smaple: x }`),
      'no wildcard {smaple}, did you mean "sample"?',
    ],
    ['a size without comparison', fileOf(`${OBJECT}\nwhen: { size: 1GiB }`), 'did you mean ">=1GiB"?'],
    ['a size of no unit', fileOf(`${OBJECT}\nwhen: { size: '>1XB' }`), 'must be a comparison such as'],
    ['an unknown storage class', fileOf(`${OBJECT}\nwhen: { storageClass: COLD }`), '"COLD" is not a storage class'],
    ['gather without by', gather('{ needs: { read: [1] } }'), '`by` is missing'],
    ['gather without needs', gather('{ by: sample }'), 'say when a set is complete'],
    ['by of no wildcard', gather('{ by: [x], needs: { read: [1] } }'), 'no wildcard {x}'],
    ['needs of no wildcard', gather('{ by: [sample], needs: { reed: [1] } }'), 'did you mean "read"?'],
    ['a wildcard in by and in needs', gather('{ by: [read], needs: { read: [1] } }'), '{read} is in gather.by'],
    [
      'a needed value that cannot be',
      gather('{ by: [sample], needs: { read: [3] } }'),
      'read=3 can never match {read,[12]}',
    ],
    ['a needed value twice', gather('{ by: [sample], needs: { read: [1, "1"] } }'), 'the values of read must differ'],
    ['a count of nothing', gather('{ by: [sample], needs: { count: 0 } }'), 'must be a whole number from 1 to 1000'],
    [
      'a duration of no unit',
      gather('{ by: [sample], needs: { count: 2 }, within: 24 }'),
      'must be a duration such as 15m',
    ],
    ['another onChange', gather('{ by: [sample], needs: { count: 2 }, onChange: wait }'), 'must be hold or restart'],
    [
      'a marker of other sets',
      gather("{ by: [sample], needs: { marker: 'done/{smaple}' } }"),
      'did you mean "sample"?',
    ],
    ['a marker of no set', gather("{ by: [sample], needs: { marker: 'done/x' } }"), 'the marker must have {sample}'],
    [
      'needs from a sheet',
      gather("{ by: [sample], needs: { read: '{sheet.Sample_ID}' } }"),
      'does not offer needs from a sheet',
    ],
  ])('rejects %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('suggests the zeros that a number lacks', () => {
    const text = fileOf(`${on('{sample}_L{lane,[0-9]{3}}')}\ngather: { by: [sample], needs: { lane: [1, 2] } }`);
    expect(problemsOf(text)[0]).toContain('lane=1 can never match {lane,[0-9]{3}}, did you mean "001"?');
  });

  it('rejects a set that is too large', () => {
    const list = `[${Array.from({ length: 40 }, (_, i) => i)}]`;
    const text = fileOf(`${on('{s}_{a,[0-9]+}_{b,[0-9]+}')}\ngather: { by: s, needs: { a: ${list}, b: ${list} } }`);
    expect(problemsOf(text).join('\n')).toContain('more than 1000 members');
  });
});

describe('run', () => {
  const run = (text: string) => fileOf(OBJECT, text);
  it.each([
    ['an unknown member', run('workflow_version: x'), 'unknown member "workflow_version" of a StartRun request'],
    ['a member in another spelling', run('WorkflowType: PRIVATE'), 'did you mean "workflowType"?'],
    ['a request id', run('requestId: x'), 'requestId must be left out'],
    [
      'an unknown placeholder',
      run("name: 'x {smaple}'"),
      `rundrop.yaml:12:16: routes[0].run.name: {smaple} is not known here, did you mean "{sample}"?`,
    ],
    ['a placeholder that does not end', run("name: 'x {sample'"), "a '{' without its '}'"],
    ['a lone closing brace', run("name: 'x }'"), "a '}' without its '{'"],
    ['a placeholder of no form', run("name: '{sample!}'"), '{sample!} is not a placeholder'],
    ['braces without quotes', run('name: {sample}'), `did you mean "'{sample}'"?`],
    ['braces without quotes in parameters', run('parameters: { s: {sample} }'), 'braces without quotes'],
    ['uris without gather', run("parameters: { a: '{uris}' }"), 'needs a route with gather, did you mean "{uri}"?'],
    ['a selector without gather', run("parameters: { a: '{uri:read=1}' }"), 'needs a route with gather'],
    ['a row without each', run("parameters: { a: '{row.x}' }"), 'needs a route with each: row'],
    [
      'upstream without outcome',
      run("parameters: { a: '{upstream.outputUri}' }"),
      'needs a route that starts on an outcome',
    ],
    [
      'a list inside a text',
      fileOf(PAIR, "name: 'x {uris:read=1}'"),
      '{uris:read=1} is a list: it must be the whole value',
    ],
    [
      'a role chosen by a drop',
      run("roleArn: 'arn:aws:iam::123456789012:role/{sample}'"),
      'this member must be a constant',
    ],
    [
      'a workflow chosen by a drop',
      fileOf(OBJECT).replace('"1234567"', "'{sample}'"),
      'this member must be a constant',
    ],
    ['a role that is none', run('roleArn: arn:aws:iam::123456789012:user/x'), 'must be the ARN of an IAM role'],
    ['a bucket chosen by a drop', run("outputUri: 's3://{sample}/x/'"), 'no placeholder may change the bucket'],
    ['a bucket that a drop ends', run("outputUri: 's3://acme-{sample}/x/'"), 'no placeholder may change the bucket'],
    ['an output that is not in S3', run('outputUri: /data/out'), 'must be an S3 location'],
    ['dots in an output', run('outputUri: s3://acme-results/../x/'), "must not have '.' or '..'"],
    ['a key in an output', run("outputUri: 's3://acme-results/{key}/'"), "{key} may hold '/'"],
    ['an id of letters', run('runGroupId: abc'), 'must be an id of digits'],
    ['no output location', run('outputUri: null'), 'outputUri is missing here and in defaults'],
    ['both ids', run('runId: "1"'), 'workflowId and runId exclude each other'],
    ['a cache behaviour without cache', run('cacheBehavior: CACHE_ALWAYS'), 'cacheBehavior needs a cacheId'],
    ['groups for Ready2Run', run('workflowType: READY2RUN\nrunGroupId: "1"'), 'did you mean "runGroupId: null"?'],
    ['tags of AWS', run('tags: { "aws:x": y }'), 'must not begin with aws:'],
    ['tags of Rundrop', run('tags: { "rundrop:x": y }'), 'must not begin with rundrop:'],
    ['tags that are no text', run('tags: { a: [1] }'), 'must be text, not a list'],
    ['parameters that are no group', run('parameters: [1]'), 'must be a group of names and values'],
    ['parameters over 50 KB', run(`parameters: { a: ${'x'.repeat(52_000)} }`), 'must have at most 51200 bytes as JSON'],
    ['numbers that do not keep', run('parameters: { a: 12345678901234567890 }'), 'write it in quotes'],
    ['numbers that JSON lacks', run('parameters: { a: .inf }'), 'cannot be kept exactly'],
    ['allow without fromObject', run('allow: { workflowIds: ["1"] }'), '`allow` goes with fromObject: true'],
    ['fromObject on a set', fileOf(PAIR, 'fromObject: true'), 'only a route that one dropped object starts'],
    ['an unknown list of allow', run('fromObject: true\nallow: { workflowId: ["1"] }'), 'did you mean "workflowIds"?'],
    [
      'a prefix without its end',
      run('fromObject: true\nallow: { workflowIds: ["1"], outputUriPrefixes: s3://acme/x }'),
      "a prefix that ends in '/'",
    ],
  ])('rejects %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it.each([
    ['{uri}', '{uri} could be any member of the set: say which one, did you mean "{uri:read=1}"?'],
    ['{key}', 'did you mean "{key:read=1}"?'],
    ['{read}', '{read} may differ among the members of a set'],
    ['{uri:read=3}', 'gather.needs has no read=3, only 1, 2'],
    ['{uri:raed=1}', 'no wildcard {raed}, did you mean "read"?'],
    ['{sample:read=1}', '{sample:read=1} is not known here'],
    ['{uri:sample=x}', '{uri:sample=x} selects 2 members: say {uri:sample=x,read=1}, or {uris:sample=x} for the list'],
  ])('rejects %s in a set of two reads', (placeholder, expected) => {
    expect(problemsOf(fileOf(PAIR, `parameters: { a: '${placeholder}' }`)).join('\n')).toContain(expected);
  });

  it.each([
    ["name: '{sample}'"],
    ["name: '{uri}'"],
    ["tags: { file: '{key}' }"],
    ["outputUri: 's3://acme-results/{sample}/'"],
  ])('keeps a sensitive wildcard out of %s', (text) => {
    expect(problemsOf(fileOf(`${OBJECT}\nsensitive: [sample]`, text)).join('\n')).toContain(
      'would show sample, which is sensitive',
    );
  });

  it('lets a sensitive wildcard into parameters', () => {
    expect(problemsOf(fileOf(`${OBJECT}\nsensitive: sample`, "parameters: { a: '{sample}' }"))).toEqual([]);
  });

  it('limits the columns of a group of rows', () => {
    const text = fileOf(
      `${OBJECT}\neach: { group: patient }`,
      "parameters: { a: '{row.patient}', b: '{row.sex}', c: '{rows}' }",
    );
    expect(problemsOf(text)).toEqual([expect.stringContaining('only {row.patient} is the same; write {rows.sex}')]);
  });
});

describe('schedules', () => {
  const schedule = (text: string) =>
    `version: 1\nschedules:\n  - name: nightly\n    run: { workflowId: "1", roleArn: ${ROLE_ARN}, outputUri: s3://acme-results/x/ }\n${text.replaceAll(/^/gm, '    ')}\n`;
  it.each([
    ['no time', '', 'exactly one of `cron`, `rate` and `at`'],
    ['two times', 'rate: 1 hour\ncron: "0 2 * * ? *"', 'exactly one of'],
    ['a cron of five fields', 'cron: "0 2 * * *"', 'six fields of EventBridge'],
    ['a cron without ?', 'cron: "0 2 * * * *"', "must have '?'"],
    ['an hour that is none', 'cron: "0 25 * * ? *"', '0 to 23'],
    ['a cron in its wrapping', 'cron: cron(0 2 * * ? *)', 'did you mean "0 2 * * ? *"?'],
    ['a rate in the singular', 'rate: 2 hour', 'must be a rate such as'],
    ['a month that is none', 'at: 2026-13-01T00:00:00', 'must be a local time'],
    ['a day that is none', 'at: 2026-02-31T00:00:00', 'must be a local time'],
    ['a zone that is none', 'rate: 1 hour\ntimezone: Mars/Base', '"Mars/Base" is not a time zone'],
    ['collect', 'rate: 1 day\ncollect: {}', 'this version of Rundrop does not offer `collect`'],
  ])('reject %s', (_, text, expected) => {
    expect(problemsOf(schedule(text)).join('\n')).toContain(expected);
  });

  it.each([
    'cron: "0/15 8-18 ? * MON-FRI *"',
    'cron: "0 0 L * ? 2026-2030"',
    'cron: "0 0 ? * 6#1,2L *"',
    'rate: 1 hour',
    'rate: 15 minutes',
    'at: 2026-12-24T18:00:00',
  ])('accept %s', (text) => {
    expect(problemsOf(schedule(text))).toEqual([]);
  });
});
