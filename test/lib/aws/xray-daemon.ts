/** What a function sends to X-Ray's daemon: JSON by UDP, one subsegment a datagram when it is closed. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface Subsegment {
  readonly id: string;
  readonly parent_id: string;
  readonly trace_id: string;
  readonly name: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly aws?: Readonly<Record<string, unknown>>;
  readonly cause?: { readonly exceptions: readonly { readonly type: string; readonly message: string }[] };
  readonly fault?: boolean;
}

export interface XRayDaemon {
  /** As AWS_XRAY_DAEMON_ADDRESS has it. */
  readonly address: string;
  readonly sent: readonly Subsegment[];
  /** The datagrams as they came. */
  readonly texts: readonly string[];
  stop(): Promise<void>;
}

export async function startXRayDaemon(): Promise<XRayDaemon> {
  const texts: string[] = [];
  const sent: Subsegment[] = [];
  const socket = createSocket('udp4', (message) => {
    const text = message.toString();
    texts.push(text);
    sent.push(JSON.parse(text.slice(text.indexOf('\n') + 1)) as Subsegment);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    sent,
    texts,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
