// A fresh database for one server: in the cluster that PARTNERDESK_TEST_POSTGRES names, else a private one in a folder.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Database {
  /** What `partnerdesk` needs to know of it. */
  readonly environment: Record<string, string>;
  /** Rows of a query, each a list of texts; for what no screen shows. */
  rows(sql: string): Promise<string[][]>;
  drop(): Promise<void>;
}

export async function freshDatabase(): Promise<Database> {
  const cluster = process.env.PARTNERDESK_TEST_POSTGRES;
  return cluster ? inCluster(cluster) : inFolder();
}

async function inCluster(cluster: string): Promise<Database> {
  const name = `end2end_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await psql(cluster, `CREATE DATABASE ${name}`);
  const address = new URL(cluster);
  address.pathname = `/${name}`;
  const url = address.toString();
  return {
    // A key of the tests' own, so that none is left on the machine.
    environment: { DATABASE_URL: url, PARTNERDESK_SECRET_KEY: '07'.repeat(32) },
    rows: (sql) => psql(url, sql),
    drop: async () => {
      await psql(cluster, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function inFolder(): Promise<Database> {
  // Short, since a socket's path may not be long, and where the user who runs PostgreSQL can reach it.
  const folder = await mkdtemp('/tmp/pd-e2e-');
  await execute('chmod', ['755', folder]);
  const data = join(folder, 'data');
  return {
    environment: { PARTNERDESK_DATA_DIR: data },
    rows: async (sql) => {
      const socket = readdirSync(data, { recursive: true })
        .map(String)
        .find((name) => name.endsWith('.s.PGSQL.5432'));
      if (!socket) throw new Error(`no socket under ${data}: is the server running?`);
      const host = encodeURIComponent(join(data, socket, '..'));
      return psql(`postgres:///partnerdesk?host=${host}&user=postgres`, sql);
    },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function psql(url: string, sql: string): Promise<string[][]> {
  const { stdout } = await execute(program('psql'), ['-qXAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', sql]);
  return stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

/** Debian keeps PostgreSQL's programs off the PATH. */
function program(name: string): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : [];
  return versions.map((version) => join(root, version, 'bin', name)).find((path) => existsSync(path)) ?? name;
}
