/** `first-call-child FILE EVENT REPORT`: imports a handler, calls it once, tells that it did, ends. With REPORT it tells what it loaded and what came of it, and what it still sends is sent. */
const [file, event, report] = process.argv.slice(2);
const loaded = [];
if (report === 'true') {
  const { registerHooks } = process.getBuiltinModule('node:module');
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:')) loaded.push(decodeURIComponent(url.slice('file://'.length)));
      return next(url, context);
    },
  });
}

const { handler } = await import(file);
const result = await handler(JSON.parse(event), {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  functionName: 'first-call',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:first-call',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 30_000,
});
process.getBuiltinModule('node:fs').writeSync(3, report === 'true' ? JSON.stringify({ result, loaded }) : '{}');
if (report !== 'true') process.exit(0);
