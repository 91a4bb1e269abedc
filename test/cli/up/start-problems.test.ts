import { describe, expect, it } from 'vitest';
import { explainStart } from '../../../cli/up/start-problems.ts';

const STARTED_AS = { port: 443, command: 'npm start --', dataDir: '/data/rundrop' };
const refused = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: refused, ${syscall}`), { code, syscall });

describe('explainStart', () => {
  it('names the port when it may not be listened on', async () => {
    const explained = explainStart(refused('EACCES', 'listen'), STARTED_AS);
    await expect(explained).rejects.toThrow('Port 443 may not be used: EACCES: refused, listen. Ports below 1024');
  });

  it('names the folder when that cannot be written', async () => {
    for (const code of ['EACCES', 'EROFS', 'ENOSPC']) {
      const explained = explainStart(refused(code, 'open'), STARTED_AS);
      await expect(explained).rejects.toThrow(`The folder /data/rundrop for --data cannot be used (${code}: refused`);
      await expect(explained).rejects.toMatchObject({ name: 'CommandError' });
    }
  });

  it('leaves every other error as it is', async () => {
    const fault = new TypeError('a fault of ours');
    await expect(explainStart(fault, STARTED_AS)).rejects.toBe(fault);
    const elsewhere = refused('ENOSPC', 'write');
    await expect(explainStart(elsewhere, { port: 443, command: 'npm start --' })).rejects.toBe(elsewhere);
  });
});
