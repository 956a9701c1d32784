// Opens many pages' streams at once, writes messages one after the other, and says what a page costs and how soon it is told.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [port, pid, url, pages, messages] = process.argv.slice(2).map((text, at) => (at === 2 ? text : Number(text)));
const psql = spawn('psql', ['-qXAt', '-d', url], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: psql.stdout })[Symbol.asyncIterator]();

/** Runs SQL and waits for its end; gives the lines before it. */
async function sql(text) {
  psql.stdin.write(`${text}\n\\echo done\n`);
  const rows = [];
  for (;;) {
    const { value } = await lines.next();
    if (value === 'done') return rows;
    rows.push(value);
  }
}

const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const times = (list) => {
  const sorted = [...list].sort((one, other) => one - other);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${sorted.at(-1).toFixed(0)} ms`;
};

const heard = new Map();
let greeted = 0;

/** One page: its stream, and when it heard of which case. */
function open(person, query, name) {
  const socket = connect(port, '127.0.0.1');
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', (error) => { throw error; });
  socket.on('data', (chunk) => {
    const now = performance.now();
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.includes('event: hello')) greeted += 1;
      const told = /event: case\n(?:id: .*\n)?data: (\d+)/.exec(block) ?? /event: case[\s\S]*?data: (\d+)/.exec(block);
      if (told) heard.get(Number(told[1]))?.set(name, now);
    }
  });
  const token = String(person).padStart(64, '0');
  socket.write(`GET /live${query} HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-session=${token}\r\n\r\n`);
  return socket;
}

const staff = (await sql('SELECT person_id FROM staff ORDER BY person_id;')).map(Number);
const members = (await sql(`SELECT c.case_id || ' ' || c.opened_by FROM support_case c ORDER BY c.case_id LIMIT ${pages / 2};`)).map((row) => row.split(' ').map(Number));

const idle = memory();
const began = performance.now();
const sockets = [];
for (let n = 0; n < pages / 2; n += 1) {
  sockets.push(open(staff[n % staff.length], '?list=yes', `s${n}`));
  const [kase, member] = members[n];
  sockets.push(open(member, `?case=${kase}`, `p${kase}`));
  // As people come: a few at a time.
  while (sockets.length - greeted > 20 && performance.now() - began < 120_000) await pause(5);
}
while (greeted < pages) {
  if (performance.now() - began > 120_000) throw new Error(`only ${greeted} of ${pages} streams were opened`);
  await pause(20);
}
console.log(`${pages} pages open after ${((performance.now() - began) / 1000).toFixed(1)} s`);
await pause(3000);
const full = memory();
console.log(`  memory: ${(idle / 1024).toFixed(0)} MB idle, ${(full / 1024).toFixed(0)} MB with them: ${((full - idle) / pages).toFixed(1)} kB a page`);

const toAll = [];
const toPartner = [];
const writes = [];
let missed = 0;
for (let n = 0; n < messages; n += 1) {
  const [kase] = members[(n * 7) % members.length];
  heard.set(kase, new Map());
  const start = performance.now();
  await sql(`INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
    SELECT c.partner_id, c.case_id, 'staff', ${staff[0]}, 'Anna B', 'Here it is.', now(), gen_random_uuid() FROM support_case c WHERE c.case_id = ${kase};`);
  const done = performance.now();
  writes.push(done - start);
  const got = heard.get(kase);
  while (got.size < pages / 2 + 1 && performance.now() - done < 3000) await pause(10);
  if (got.size !== pages / 2 + 1) missed += 1;
  await pause(200);
  for (const [name, at] of got) (name.startsWith('p') ? toPartner : toAll).push(Math.max(0, at - done));
  heard.delete(kase);
}
console.log(`${messages} messages, each to ${pages / 2} pages of staff and the one of its partner; from the commit:`);
console.log(`  pages of staff: ${times(toAll)}`);
console.log(`  the partner's:  ${times(toPartner)}`);
console.log(`  the write itself: ${times(writes)}; messages that did not reach every page in 3 s: ${missed}`);
console.log(`  memory after it: ${(memory() / 1024).toFixed(0)} MB`);
sockets.forEach((socket) => socket.destroy());
psql.stdin.end();
if (missed > 0) process.exitCode = 1;
