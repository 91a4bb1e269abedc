/**
 * A handler of nothing but requests: as many as its event says, one after the other over one connection, each signed
 * (SigV4), with Node's modules for HTTPS loaded. What it takes is taken by whatever makes so many calls of AWS.
 */
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');
const { createHash, createHmac } = process.getBuiltinModule('node:crypto');

const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL } = process.env;
const BODY = '{}';

export async function handler({ requests }) {
  const url = new URL(AWS_ENDPOINT_URL);
  const { request, Agent } = url.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true });
  for (let sent = 0; sent < requests; sent += 1) await send(request, url, agent);
  return {};
}

function send(request, url, agent) {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers: signed(url) }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    sending.on('error', reject);
    sending.end(BODY);
  });
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
let signingKey;

function signed({ host, pathname }) {
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = [at.slice(0, 8), AWS_REGION, 'dynamodb', 'aws4_request'];
  const headers = {
    'content-length': String(BODY.length),
    'content-type': 'application/x-amz-json-1.0',
    host,
    'x-amz-content-sha256': sha256(BODY),
    'x-amz-date': at,
    'x-amz-security-token': AWS_SESSION_TOKEN,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', pathname, '', lines.join(''), names, headers['x-amz-content-sha256']].join('\n');
  // As the SDK does, which keeps the key of a day.
  signingKey ??= scope.reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const toSign = ['AWS4-HMAC-SHA256', at, scope.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(signingKey, toSign).toString('hex');
  const credential = `Credential=${AWS_ACCESS_KEY_ID}/${scope.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
