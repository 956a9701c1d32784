// A real mail server (Debian's python3-aiosmtpd) that keeps what it gets.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from './house';

const PLAIN_TEXT = `import email,email.policy,sys
mail=email.message_from_binary_file(open(sys.argv[1],'rb'),policy=email.policy.default)
print(mail.get_body(('plain',)).get_content())`;

export class MailServer {
  private constructor(
    private readonly server: ChildProcess,
    private readonly folder: string,
    /** Where it listens. */
    readonly port: number,
  ) {}

  static async start(): Promise<MailServer> {
    const folder = mkdtempSync(join(tmpdir(), 'pd-mail-'));
    const server = spawn('/usr/bin/python3', [resolve(ROOT, 'server/tests/mail/smtp.py'), folder]);
    const port = await new Promise<number>((done, failed) => {
      server.once('error', failed);
      server.once('close', (code) => failed(new Error(`no mail server: exit status ${code} (.ci/tools test installs it)`)));
      server.stdout.once('data', (line) => done(Number(String(line))));
    });
    return new MailServer(server, folder, port);
  }

  /** The plain text of the newest mail, once there are so many. */
  async newest(count: number): Promise<string> {
    const until = Date.now() + 20_000;
    for (;;) {
      const mails = readdirSync(this.folder).filter((name) => name.endsWith('.eml')).sort();
      if (mails.length >= count) return execFileSync('/usr/bin/python3', ['-c', PLAIN_TEXT, join(this.folder, mails.at(-1)!)]).toString();
      if (Date.now() > until) throw new Error(`${mails.length} mails, not ${count}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** How many came. */
  count(): number {
    return readdirSync(this.folder).filter((name) => name.endsWith('.eml')).length;
  }

  stop(): void {
    this.server.removeAllListeners('close');
    this.server.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
