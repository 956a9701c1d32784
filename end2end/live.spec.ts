// Two people at one case, and a partner: who is there, what arrives, what is stopped, and what is still there afterwards.
import { Client } from './support/forms';
import type { House } from './support/house';
import { DEMO, signIn } from './support/people';
import { type Page, expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

const NOW = '2026-03-02T10:00:00Z';
const { partner, agent, owner } = DEMO;
let path = '';

test.describe.configure({ mode: 'serial' });
inHouse(NOW, async (house) => {
  await house.run(['demo']);
}, async (house) => {
  const nora = await Client.signIn(house, partner);
  const location = await nora.fill('/disputes/new', 'open-dispute', { body: 'Where do I find my links?' });
  path = location.split('?')[0]!.replace('/disputes/', '/desk/');
  await nora.leave();
});

/** Somebody writes without a window. */
async function write(house: House, form: 'reply' | 'note' | 'answer-dispute', body: string): Promise<void> {
  const who = await Client.signIn(house, form === 'answer-dispute' ? partner : owner);
  await who.fill(form === 'answer-dispute' ? dispute() : path, form, { body });
  await who.leave();
}

const dispute = () => path.replace('/desk/', '/disputes/');
const reply = (page: Page) => page.getByLabel('Reply', { exact: true });
const talk = (page: Page) => page.locator('[data-live=talk]');
const here = (page: Page) => page.locator('[data-live-here]');

/** Waits until the page is told what happens. */
async function listening(page: Page): Promise<void> {
  await page.waitForResponse((answer) => new URL(answer.url()).pathname.startsWith('/live'));
}

async function open(page: Page, at: string): Promise<void> {
  const heard = listening(page);
  await page.goto(at);
  await heard;
}

/** A browser whose requests are held up has a page's style too late for a transition, and complains. */
async function withoutTransitions(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
}

/** Counts the sounds that a page asks for, in place of a loudspeaker. */
async function hearing(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const tones: number[] = [];
    (window as unknown as { tones: number[] }).tones = tones;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when?: number) {
      tones.push(this.frequency.value);
      start.call(this, when);
    };
  });
}

const tones = (page: Page) => page.evaluate(() => (window as unknown as { tones: number[] }).tones.length);

test('two at one case see each other, and who writes', async ({ page, somebody }) => {
  await signIn(page, agent);
  await open(page, path);
  await expect(here(page)).toHaveText('');
  const other = await somebody();
  await signIn(other, owner);
  await open(other, path);
  await expect(here(other)).toHaveText(`${agent.name} is looking at this case.`);
  await expect(here(page)).toHaveText(`${owner.name} is looking at this case.`, { timeout: 3_000 });
  await reply(other).pressSequentially('I am');
  await expect(here(page)).toHaveText(`${owner.name} is writing here.`, { timeout: 3_000 });
  await expectNoAxeViolations(page);
  expect(await sidewaysScroll(page)).toEqual([]);
  await reply(other).fill('');
  await other.goto('/rota');
  await expect(here(page)).toHaveText('', { timeout: 12_000 });
});

test('a message appears in the open case with a knock, and what is typed stays', async ({ page, house }) => {
  await hearing(page);
  await signIn(page, agent);
  // Off until it is wanted.
  await page.goto('/my-desk');
  await expect(page.getByLabel('Off')).toBeChecked();
  await expectNoAxeViolations(page);
  await page.getByLabel('In every case').check();
  await page.getByRole('button', { name: 'Keep this' }).click();
  await expect(page.getByRole('main')).toContainText('Kept.');
  await page.getByRole('button', { name: 'Try the sound' }).click();
  expect(await tones(page)).toBe(2);

  await open(page, path);
  await reply(page).fill('I was just about to say');
  const before = await talk(page).locator('.message').count();
  const began = Date.now();
  await write(house, 'answer-dispute', 'I looked everywhere.');
  await expect(talk(page)).toContainText('I looked everywhere.');
  console.log(`  a message appears ${Date.now() - began} ms after its writer began to sign in`);
  await expect(talk(page).locator('.message')).toHaveCount(before + 1);
  await expect(reply(page)).toHaveValue('I was just about to say');
  // Heard, seen, and read out.
  await expect(page.locator('.live-news[role=status] [data-knock]')).toContainText(`${partner.name} wrote in case`);
  expect(await tones(page)).toBe(2);
  await expect(page).toHaveTitle(/^\(\d+\) /);
  await expect(page.locator('[data-live-count]')).toBeVisible();
  await expectNoAxeViolations(page);
  // In sight for a moment, it counts as seen, and nothing stops the reply.
  await talk(page).locator('.message').last().scrollIntoViewIfNeeded();
  await page.waitForTimeout(3_500);
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByRole('main')).toContainText('Sent');
  await expect(reply(page)).toHaveValue('');
});

test('the queue offers what changed, and a partner sees the answer arrive', async ({ page, somebody, house }) => {
  await signIn(page, agent);
  const queue = listening(page);
  await page.goto('/desk');
  await queue;
  const nora = await somebody();
  await signIn(nora, partner);
  await open(nora, dispute());
  await write(house, 'reply', 'They are under Earnings.');
  await expect(page.getByRole('button', { name: 'One case changed: show' })).toBeVisible();
  await page.getByRole('button', { name: 'One case changed: show' }).click();
  await expect(page.locator('.live-show')).toBeHidden();
  await expect(nora.locator('[data-live=talk]')).toContainText('They are under Earnings.');
  await expect(nora.locator('.live-news')).toContainText(`${owner.name} wrote in dispute`);
  // A note is none of hers: nothing arrives, nothing is said.
  await nora.locator('.live-news button').first().click();
  await write(house, 'note', 'She is a nice person.');
  await nora.waitForTimeout(1_500);
  await expect(nora.locator('.live-news')).toHaveText('');
});

test('what changed in the queue is shown under the ticks and the focus of its reader', async ({ page, house }) => {
  await signIn(page, agent);
  const queue = listening(page);
  await page.goto('/desk?view=all');
  await queue;
  const boxes = page.getByRole('checkbox', { name: /^Mark case / });
  const box = page.getByRole('checkbox', { name: `Mark case ${path.split('/').pop()}` });
  const all = await boxes.count();
  expect(all).toBeGreaterThan(1);
  await box.check();
  await boxes.last().check();
  const ticked = () => page.locator('[data-live=queue] input:checked').evaluateAll((found) => found.map((each) => (each as HTMLInputElement).value.split('@')[0]).sort());
  const before = await ticked();
  await box.focus();
  await write(house, 'answer-dispute', 'One more thing.');
  const show = page.getByRole('button', { name: 'One case changed: show' });
  await expect(show).toBeVisible();
  // As a key would that is not pressed on the button: the focus stays where it is.
  await show.evaluate((button) => (button as HTMLButtonElement).click());
  await expect(page.locator('.live-show')).toBeHidden();
  expect(await ticked()).toEqual(before);
  await expect(box).toBeFocused();
  // They are the same boxes for the form: what is sent is what is ticked.
  await page.getByText('Do the same to all marked cases').click();
  await page.getByRole('button', { name: 'Needs no answer' }).click();
  await expect(page.getByRole('main')).toContainText(path.split('/').pop() ?? '');
});

test('a send is stopped when something arrived unseen, and goes out the second time @plain', async ({ page, house }) => {
  // Nothing is told to this page, as where scripts or the stream are missing.
  await withoutTransitions(page);
  await page.route(/\/live(\/since)?\?/, (route) => route.abort());
  await signIn(page, agent);
  await page.goto(path);
  const unseen = `Careful, she called. (${test.info().project.name})`;
  await reply(page).fill('It is all there.');
  await write(house, 'note', unseen);
  await page.getByRole('button', { name: 'Send reply' }).click();
  const form = page.locator('#form');
  await expect(form).toContainText('Something new arrived that you have not seen.');
  await expect(form.locator('.live-unseen')).toContainText(unseen);
  await expect(form.locator('.live-unseen')).toContainText(owner.name);
  await expect(form.getByLabel('Reply', { exact: true })).toHaveValue('It is all there.');
  await form.getByRole('button', { name: 'Send reply' }).click();
  await expect(talk(page)).toContainText('It is all there.');
});

test('what was typed is there again on another machine, until it is sent', async ({ page, somebody }) => {
  await signIn(page, agent);
  await open(page, path);
  const kept = page.waitForResponse((answer) => answer.url().endsWith('/do/keep-draft') && answer.ok());
  await reply(page).fill('A long answer that is not finished');
  await kept;
  await page.close();
  const other = await somebody();
  await signIn(other, agent);
  await open(other, path);
  await expect(reply(other)).toHaveValue('A long answer that is not finished');
  await expect(other.getByRole('main')).toContainText('What you typed here last is back.');
  await expectNoAxeViolations(other);
  await reply(other).fill('A long answer that is finished.');
  await other.getByRole('button', { name: 'Send reply' }).click();
  await expect(reply(other)).toHaveValue('');
  await other.goto(path);
  await expect(reply(other)).toHaveValue('');
});

test('nothing is lost while the server is started again', async ({ page, house }) => {
  await signIn(page, agent);
  await open(page, path);
  await house.stop();
  await house.serve();
  await write(house, 'answer-dispute', 'And after the restart?');
  await expect(talk(page)).toContainText('And after the restart?', { timeout: 20_000 });
  await expect(page.locator('.live-news')).toContainText(`${partner.name} wrote in case`);
});

test('without a stream a page asks', async ({ page, house }) => {
  await withoutTransitions(page);
  await page.route(/\/live\?/, (route) => route.fulfill({ status: 204 }));
  await signIn(page, agent);
  const asked = page.waitForResponse((answer) => answer.url().includes('/live/since'));
  await page.goto(path);
  await asked;
  await write(house, 'answer-dispute', 'Can you hear me without it?');
  await expect(talk(page)).toContainText('Can you hear me without it?', { timeout: 12_000 });
  // It asks: so it is there.
  const present = 'SELECT count(*) FROM case_presence WHERE here_until > clock_timestamp()';
  expect(await house.count(present)).toBe(1);
});
