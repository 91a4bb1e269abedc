import {
  CreateWorkflowCommand,
  CreateWorkflowVersionCommand,
  DeleteWorkflowCommand,
  DeleteWorkflowVersionCommand,
  GetRunCommand,
  GetWorkflowCommand,
  GetWorkflowVersionCommand,
  ListWorkflowsCommand,
  ListWorkflowVersionsCommand,
  StartRunCommand,
  UpdateWorkflowCommand,
  UpdateWorkflowVersionCommand,
} from '@aws-sdk/client-omics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { germlineRequest, type Laptop, startLaptop } from './harness.ts';
import { zipOf } from './zip-archive.ts';

const WDL = `version 1.0
workflow count {
  input {
    File reads   # required
    Array[File]+ more
    String? sample
    Int threads = 4
  }
  call counting
}`;

let laptop: Laptop;
beforeEach(async () => {
  laptop = await startLaptop();
});
afterEach(() => laptop.stop());

async function create(definitionZip: Buffer, members: object = {}) {
  const created = await laptop.client.send(new CreateWorkflowCommand({ name: 'count', definitionZip, ...members }));
  expect(created.status).toBe('CREATING');
  laptop.clock.advance(6000);
  await expect
    .poll(async () => (await laptop.client.send(new GetWorkflowCommand({ id: created.id }))).status)
    .not.toBe('CREATING');
  return laptop.client.send(new GetWorkflowCommand({ id: created.id, export: ['DEFINITION'] }));
}

describe('seeded workflows', () => {
  it('exist from the start, private and READY2RUN', async () => {
    const { items = [] } = await laptop.client.send(new ListWorkflowsCommand({}));
    expect(items.map((workflow) => workflow.id)).toEqual(
      expect.arrayContaining(['1234567', '7654321', '222', '888', '3333333', '4974161', '9500764']),
    );
    const ready = await laptop.client.send(new ListWorkflowsCommand({ type: 'READY2RUN' }));
    expect(ready.items).toHaveLength(3);
    expect(ready.items?.[0]?.arn).toBe('arn:aws:omics:us-east-1::workflow/4974161');
    const germline = await laptop.client.send(new GetWorkflowCommand({ id: '1234567' }));
    expect(germline.parameterTemplate?.fastq_2?.optional).toBe(true);
  });

  it('are found by their type only', async () => {
    const { client } = laptop;
    await expect(client.send(new GetWorkflowCommand({ id: '4974161' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect((await client.send(new GetWorkflowCommand({ id: '4974161', type: 'READY2RUN' }))).name).toContain('FQ2BAM');
  });
});

describe('CreateWorkflow', () => {
  it('takes a zip, finds engine and parameters in it, and gives it back', async () => {
    const zip = zipOf({ 'readme.md': 'hello', 'main.wdl': WDL });
    const workflow = await create(zip, { description: 'counts' });
    expect(workflow).toMatchObject({ status: 'ACTIVE', engine: 'WDL', main: 'main.wdl', description: 'counts' });
    expect(workflow.parameterTemplate).toEqual({
      reads: {},
      more: {},
      sample: { optional: true },
      threads: { optional: true },
    });
    const fetched = await fetch(workflow.definition ?? '');
    expect(Buffer.from(await fetched.arrayBuffer()).equals(zip)).toBe(true);
  });

  it('gives runs the same link to their definition', async () => {
    const workflow = await create(zipOf({ 'main.wdl': WDL }));
    const parameters = { reads: 's3://b/r', more: ['s3://b/m'] };
    const { id } = await laptop.client.send(
      new StartRunCommand(germlineRequest({ workflowId: workflow.id, parameters })),
    );
    const run = await laptop.client.send(new GetRunCommand({ id, export: ['DEFINITION'] }));
    expect(run.definition).toBe(workflow.definition);
    expect((await laptop.client.send(new GetRunCommand({ id }))).definition).toBeUndefined();
  });

  it.each([
    ['is no zip', Buffer.from('not a zip at all, but long enough'), 'not a valid zip'],
    ['has no main file', zipOf({ 'readme.md': 'x' }), 'no main file'],
  ])('ends as FAILED with a reason when the definition %s', async (_, zip, reason) => {
    const workflow = await create(zip);
    expect(workflow.status).toBe('FAILED');
    expect(workflow.statusMessage).toContain(reason);
    const request = germlineRequest({ workflowId: workflow.id, parameters: {} });
    await expect(laptop.client.send(new StartRunCommand(request))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('reads the definition from S3 and the template from the path that was named', async () => {
    laptop.objects.set(
      's3://code/flow.zip',
      zipOf({ 'main.nf': 'workflow {}', 'p.json': '{"input":{"description":"d"}}' }),
    );
    const members = { definitionZip: undefined, definitionUri: 's3://code/flow.zip', parameterTemplatePath: 'p.json' };
    const workflow = await create(Buffer.alloc(0), members);
    expect(workflow).toMatchObject({
      status: 'ACTIVE',
      engine: 'NEXTFLOW',
      parameterTemplate: { input: { description: 'd' } },
    });
  });

  it('makes one workflow for one requestId', async () => {
    const request = { name: 'count', definitionZip: zipOf({ 'main.wdl': WDL }), requestId: 'one' };
    const first = await laptop.client.send(new CreateWorkflowCommand(request));
    const second = await laptop.client.send(new CreateWorkflowCommand(request));
    expect(second.id).toBe(first.id);
    const other = new CreateWorkflowCommand({ ...request, name: 'other' });
    await expect(laptop.client.send(other)).rejects.toMatchObject({ name: 'ConflictException' });
  });

  it('refuses none or two sources of the definition', async () => {
    const none = new CreateWorkflowCommand({ name: 'x' });
    await expect(laptop.client.send(none)).rejects.toMatchObject({ name: 'ValidationException' });
    const two = new CreateWorkflowCommand({ definitionZip: Buffer.from('x'), definitionUri: 's3://b/k' });
    await expect(laptop.client.send(two)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('is followed by update and delete', async () => {
    const { id } = await create(zipOf({ 'main.wdl': WDL }));
    await laptop.client.send(new UpdateWorkflowCommand({ id, name: 'renamed' }));
    expect(await laptop.client.send(new GetWorkflowCommand({ id }))).toMatchObject({
      name: 'renamed',
      status: 'ACTIVE',
    });
    await laptop.client.send(new DeleteWorkflowCommand({ id }));
    await expect(laptop.client.send(new GetWorkflowCommand({ id }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('workflow versions', () => {
  it('are created, run, listed, updated and deleted', async () => {
    const { client, clock } = laptop;
    const key = { workflowId: '1234567', versionName: '2.0.0' };
    const template = { reads: { description: 'reads' } };
    const zip = zipOf({ 'main.wdl': WDL });
    const created = await client.send(
      new CreateWorkflowVersionCommand({ ...key, definitionZip: zip, parameterTemplate: template }),
    );
    expect(created.arn).toBe('arn:aws:omics:us-east-1:000000000000:workflow/1234567/version/2.0.0');
    clock.advance(6000);
    await expect.poll(async () => (await client.send(new GetWorkflowVersionCommand(key))).status).toBe('ACTIVE');
    const version = await client.send(new GetWorkflowVersionCommand(key));
    expect(version.parameterTemplate).toEqual(template);
    const request = germlineRequest({ workflowVersionName: '2.0.0', parameters: { reads: 's3://b/r' } });
    const { id } = await client.send(new StartRunCommand(request));
    expect(await client.send(new GetRunCommand({ id }))).toMatchObject({
      workflowVersionName: '2.0.0',
      digest: version.digest,
    });
    await client.send(new UpdateWorkflowVersionCommand({ ...key, description: 'second' }));
    const { items } = await client.send(new ListWorkflowVersionsCommand({ workflowId: '1234567' }));
    expect(items).toMatchObject([{ versionName: '2.0.0', description: 'second' }]);
    await expect(client.send(new DeleteWorkflowCommand({ id: '1234567' }))).rejects.toMatchObject({
      name: 'ConflictException',
    });
    await client.send(new DeleteWorkflowVersionCommand(key));
    expect((await client.send(new ListWorkflowVersionsCommand({ workflowId: '1234567' }))).items).toEqual([]);
  });
});
