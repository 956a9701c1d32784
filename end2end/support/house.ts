// One installation of Partnerdesk: a database, its commands, and a server that can be stopped and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Database, freshDatabase } from './database';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = resolve(ROOT, 'end2end', process.env.PARTNERDESK_BIN ?? '../target/debug/partnerdesk');
const SITE = resolve(ROOT, process.env.PARTNERDESK_SITE ?? 'target/site');
const PATIENCE_MS = 30_000;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface How {
  /** The clock, where it is not the house's. */
  now?: string;
  /** Standard input. */
  stdin?: string;
  /** Whether any exit status will do; otherwise it has to be 0. */
  mayFail?: boolean;
}

export class House {
  /** What the server wrote so far. */
  log = '';
  /** What its processes find in their environment besides. */
  environment: Record<string, string> = {};
  private server: ChildProcess | undefined;

  private constructor(
    private readonly database: Database,
    private readonly port: number,
    /** The time it is, for the server and for every command. */
    public now: string,
  ) {}

  static async build(now: string): Promise<House> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: build it, or name it in PARTNERDESK_BIN`);
    return new House(await freshDatabase(), await freePort(), now);
  }

  get url(): string {
    // Cookies are for TLS only; browsers make an exception for this name, and not for 127.0.0.1.
    return `http://localhost:${this.port}`;
  }

  /** Runs `partnerdesk` and gives what it printed. */
  async run(command: readonly string[], how: How = {}): Promise<Ran> {
    const child = this.start(['--now', how.now ?? this.now, ...command]);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.stdin?.end(how.stdin ?? '');
    const code = await ended(child);
    if (code !== 0 && !how.mayFail) {
      throw new Error(`partnerdesk ${command.join(' ')}: exit status ${code}\n${stderr}`);
    }
    return { code, stdout, stderr };
  }

  /** Starts the server and waits until it answers. */
  async serve(): Promise<void> {
    const server = this.start(['--now', this.now, 'serve', '--listen', `127.0.0.1:${this.port}`]);
    this.server = server;
    server.stdin?.end();
    server.stdout?.on('data', (chunk) => (this.log += chunk));
    server.stderr?.on('data', (chunk) => (this.log += chunk));
    const until = Date.now() + PATIENCE_MS;
    while (!(await this.answers())) {
      if (server.exitCode !== null || Date.now() > until) throw new Error(`the server did not start:\n${this.log}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Stops the server, lets time pass, and starts it again. */
  async skipTo(now: string): Promise<void> {
    await this.stop();
    this.now = now;
    await this.serve();
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server || server.exitCode !== null) return;
    server.kill('SIGTERM');
    const late = setTimeout(() => server.kill('SIGKILL'), 15_000);
    await ended(server);
    clearTimeout(late);
  }

  /** Ends it all; gives the errors that the server logged. */
  async close(): Promise<string[]> {
    await this.stop();
    await this.database.drop();
    // The log is coloured where it thinks of a terminal.
    const plain = this.log.replace(/\x1b\[[0-9;]*m/g, '');
    return plain.split('\n').filter((line) => / ERROR |panicked at/.test(line));
  }

  /** Rows of a query, for what no screen shows. */
  rows(sql: string): Promise<string[][]> {
    return this.database.rows(sql);
  }

  /** The first value of a query's first row, as a number. */
  async count(sql: string): Promise<number> {
    return Number((await this.rows(sql))[0]?.[0]);
  }

  private start(args: readonly string[]): ChildProcess {
    const environment: NodeJS.ProcessEnv = { ...process.env, ...this.database.environment, ...this.environment, PARTNERDESK_SITE: SITE, NO_COLOR: '1' };
    if (!this.database.environment.DATABASE_URL) delete environment.DATABASE_URL;
    return spawn(BINARY, args, { env: environment, cwd: ROOT });
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/healthz`)).ok;
    } catch {
      return false;
    }
  }
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((done, failed) => {
    if (child.exitCode !== null) return done(child.exitCode);
    child.once('error', failed);
    child.once('close', (code) => done(code ?? -1));
  });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : failed(new Error('no port'))));
    });
  });
}
