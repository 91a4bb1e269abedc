/** Who listens on a port that is taken, and what to type instead. */
import { endpointOf } from '../target.ts';

const PROBE_TIMEOUT_MS = 1_000;

/** A message for a person: what seems to listen there, and the next command, which begins with `command`. */
export async function explainPortInUse(port: number, command: string): Promise<string> {
  const who = await identify(port);
  const other = port === 65_535 ? 4_567 : port + 1;
  const next = `Take another port:\n  ${command} --port ${other}\nor any free one:\n  ${command} --port 0`;
  switch (who) {
    case 'rundrop':
      return `Port ${port} is taken by another Rundrop. To use it from here:\n  eval "$(npx rundrop env --port ${port})"\n${next}`;
    case 'localstack':
      return `Port ${port} is taken by LocalStack, which listens there by default. Both can run side by side. ${next}`;
    case 'http':
      return `Port ${port} is taken by another HTTP server. ${next}`;
    case 'unknown':
      return `Port ${port} is taken by another program. ${next}`;
    default:
      return who satisfies never;
  }
}

async function identify(port: number): Promise<'rundrop' | 'localstack' | 'http' | 'unknown'> {
  const [rundrop, localstack] = await Promise.all([
    probe(`${endpointOf(port)}/_rundrop/health`),
    probe(`${endpointOf(port)}/_localstack/health`),
  ]);
  if (rundrop === 'ok') return 'rundrop';
  if (localstack === 'ok') return 'localstack';
  return rundrop === 'silent' && localstack === 'silent' ? 'unknown' : 'http';
}

async function probe(url: string): Promise<'ok' | 'other' | 'silent'> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.ok ? 'ok' : 'other';
  } catch {
    return 'silent';
  }
}
