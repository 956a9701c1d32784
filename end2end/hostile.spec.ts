// Whoever means harm, or has a nervous finger: text that looks like code stays text wherever it is shown, a form that
// is sent twice is done once, and of two people who decide at the same moment one does.
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { HEAD } from './support/conversions';
import { Client } from './support/forms';
import { DEMO, MEMBER, invite, join, signIn } from './support/people';
import { type Page, expect, inHouse, test } from './support/test';

/** Ends attributes, elements and comments, and tries to run something. */
const HOSTILE = `"'></textarea></title></script><img src=x onerror="window.harmed=1"><script>window.harmed=1</script><!-- {{ name }} &lt; javascript:alert(1)`;
const NAME = `O'Neil <b onmouseover="window.harmed=1">&amp;"</b>`;
const ORDER = `7-<img src=x onerror=window.harmed=1>`;
const NOW = '2026-03-02T10:00:00Z';

test.describe.configure({ mode: 'serial' });

let dispute = '';
const desk = () => dispute.replace('/disputes/', '/desk/');

inHouse(NOW, async (house) => {
  await house.run(['demo']);
  await house.run(['partner', 'invite', 'greenhouse', 'hostile', 'hostile@example.org', '--name', NAME]);
  const file = path(tmpdir(), `hostile-${randomUUID()}.csv`);
  const row = ['H1', 'sale', `"${ORDER}"`, 'hostile', 'plants', '2026-02-20T10:00:00Z', '80.00', 'GBP', ''];
  const refund = ['H2', 'refund', `"${ORDER}"`, 'hostile', 'plants', '2026-02-21T10:00:00Z', '10.00', 'GBP', '<script>window.harmed=1</script>'];
  writeFileSync(file, `${HEAD}\n${row.join(',')}\n${refund.join(',')}\n`);
  const { stdout } = await house.run(['import', 'conversions', file, '--programme', 'greenhouse']);
  rmSync(file);
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 2 });
});

const villain = { ...MEMBER, email: 'villain@example.org', name: NAME };

test('hostile text is text to its writer', async ({ page, house }) => {
  await join(page, await invite(house, 'greenhouse', 'hostile', villain), villain);
  await expect(page.locator('.person')).toContainText(NAME);

  // Where a form comes back with what was typed.
  await page.goto('/account/method/paypal');
  await page.getByLabel('E-mail address of the PayPal account').evaluate((field: HTMLInputElement) => (field.type = 'text'));
  await page.getByLabel('E-mail address of the PayPal account').fill(HOSTILE);
  await page.getByLabel('Account holder').fill(HOSTILE);
  await page.getByLabel('Your password').fill(villain.password);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.locator('[aria-invalid=true]')).toHaveValue(HOSTILE);
  await unharmed(page);
  // Under that name, to an account that is one.
  await page.getByLabel('E-mail address of the PayPal account').fill('villain@example.org');
  await page.getByLabel('Your password').fill(villain.password);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('main')).toContainText(HOSTILE);
  await unharmed(page);

  for (const address of [
    `/earnings?offer=${encodeURIComponent(HOSTILE)}&from=${encodeURIComponent(HOSTILE)}`,
    `/sign-in?back=${encodeURIComponent(HOSTILE)}`,
    `/disputes?done=${encodeURIComponent(HOSTILE)}`,
  ]) {
    await page.goto(address);
    await unharmed(page);
  }

  await page.goto('/earnings?from=2026-02-01&to=2026-03-02');
  await expect(page.getByRole('row').filter({ hasText: ORDER })).toBeVisible();
  await page.getByRole('row').filter({ hasText: ORDER }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(ORDER);
  await unharmed(page);

  await page.getByRole('link', { name: 'Something is wrong with this' }).click();
  await page.getByLabel('What happened?').fill(HOSTILE);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  dispute = new URL(page.url()).pathname;
  await expect(page.locator('.message .prose')).toHaveText(HOSTILE);
  await unharmed(page);

  // What is refused comes back into the text area as it was typed.
  await page.goto('/disputes/new?kind=missing_conversion');
  await page.getByLabel('Order number').fill(HOSTILE);
  await page.getByLabel('Date and time of the order').fill('2026-03-01T10:00');
  await page.getByLabel('Order amount').fill('much');
  await page.getByLabel('What shows the order').fill(HOSTILE);
  await page.getByLabel('What happened?').fill(HOSTILE);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Order number')).toHaveValue(HOSTILE);
  await expect(page.getByLabel('What shows the order')).toHaveValue(HOSTILE);
  await expect(page.getByLabel('What happened?')).toHaveValue(HOSTILE);
  await unharmed(page);
  await page.getByLabel('Order amount').fill('12.50');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  await unharmed(page);
});

test('hostile text is text to everybody else', async ({ page, house }) => {
  const agent = await Client.signIn(house, DEMO.agent);
  await agent.fill(desk(), 'take-case', {});
  await agent.fill(desk(), 'reply', { body: HOSTILE });
  await agent.fill(desk(), 'note', { body: HOSTILE });
  await agent.fill(desk(), 'lower-minimum', { value: '30', reason: HOSTILE });
  await agent.fill(desk(), 'propose-schedule', { kind: 'weekly', day: '5', reason: HOSTILE });
  await agent.fill(desk(), 'propose-rate', { percent: '9', reason: HOSTILE });
  await agent.fill(desk(), 'review-partner', { reason: HOSTILE, until: '2026-04-01' });
  await agent.fill(desk(), 'decide-case', {
    outcome: 'in_part', reason: 'goodwill', amount: '1.00', body: HOSTILE, reason_house: HOSTILE,
  });
  const proposal = `/approvals/${await house.count('SELECT max(proposal_id) FROM proposal')}`;
  const owner = await Client.signIn(house, DEMO.owner);
  await owner.fill(proposal, 'decide-proposal', { verdict: 'approved', reason_partner: HOSTILE, reason_house: HOSTILE });

  await signIn(page, DEMO.owner);
  for (const address of [
    '/desk', desk(), `${desk()}?recalculate=1`, '/approvals', proposal, '/record', `/record?partner=${encodeURIComponent(HOSTILE)}`,
  ]) {
    await page.goto(address);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
    await unharmed(page);
  }
  await page.goto(desk());
  await expect(page.locator('.message .prose').first()).toHaveText(HOSTILE);
  await expect(page.locator('.note .prose')).toHaveText(HOSTILE);

  await page.context().clearCookies();
  await signIn(page, villain);
  for (const address of ['/payouts', '/earnings', '/terms', '/disputes', dispute, '/account']) {
    await page.goto(address);
    await unharmed(page);
  }
  await page.goto('/terms');
  await expect(page.getByRole('main')).toContainText(HOSTILE);
});

test('a form sent twice is done once', async ({ house }) => {
  const partner = await Client.signIn(house, DEMO.partner);
  const agent = await Client.signIn(house, DEMO.agent);
  const twice = async (who: Client, form: string, fields: Record<string, string>) => {
    const answers = await Promise.all([who.send(form, fields), who.send(form, fields), who.send(form, fields)]);
    for (const answer of answers) expect([200, 302, 303, 409], `${form}: ${answer.status}`).toContain(answer.status);
    return answers.find((answer) => answer.location !== '' && !answer.location.includes('form='))?.location ?? '';
  };
  const rows = (table: string, where = 'true') => house.count(`SELECT count(*) FROM ${table} WHERE ${where}`);

  const body = 'only once, please';
  const other = await twice(partner, 'open-dispute', { ...(await partner.hidden('/disputes/new', 'open-dispute')), body });
  expect(await rows('message', `body = '${body}'`)).toBe(1);
  const here = other.split('?')[0]!;
  const there = here.replace('/disputes/', '/desk/');
  const cases = await rows('support_case');

  const conversion = await house.count(`SELECT conversion_id FROM commission JOIN partner USING (partner_id)
                                        WHERE code = 'balcony-notes' AND state = 'pending' LIMIT 1`);
  const about = await partner.hidden(`/disputes/new?conversion=${conversion}`, 'open-dispute');
  const pinned = (await twice(partner, 'open-dispute', { ...about, kind: 'wrong_amount', body })).split('?')[0]!;
  expect(await rows('support_case')).toBe(cases + 1);
  // A second tab with a key of its own ends up in the same dispute.
  const again = await partner.send('open-dispute', { ...about, form_key: randomUUID(), kind: 'wrong_amount', body });
  expect(again.location).toContain(pinned);
  expect(await rows('support_case')).toBe(cases + 1);

  await twice(agent, 'take-case', await agent.hidden(there, 'take-case'));
  expect(await rows('audit', `action = 'case.taken' AND subject = 'case/${here.split('/').pop()}'`)).toBe(1);
  await twice(agent, 'reply', { ...(await agent.hidden(there, 'reply')), body: 'reply once' });
  expect(await rows('message', "body = 'reply once'")).toBe(1);
  await twice(agent, 'note', { ...(await agent.hidden(there, 'note')), body: 'note once' });
  expect(await rows('note', "body = 'note once'")).toBe(1);
  await twice(partner, 'answer-dispute', { ...(await partner.hidden(here, 'answer-dispute')), body: 'answer once' });
  expect(await rows('message', "body = 'answer once'")).toBe(1);
  await twice(agent, 'needs-no-answer', await agent.hidden(there, 'needs-no-answer'));
  expect(await rows('needs_no_answer')).toBe(1);

  const pinnedDesk = pinned.replace('/disputes/', '/desk/');
  await agent.fill(pinnedDesk, 'take-case', {});
  await twice(agent, 'decide-case', {
    ...(await agent.hidden(pinnedDesk, 'decide-case')), outcome: 'in_favour', reason: 'goodwill', amount: '3.00', body: 'decided once',
  });
  expect(await rows('message', "body = 'decided once'")).toBe(1);
  expect(await rows('transfer', "kind = 'adjustment' AND amount = 3.00")).toBe(1);
  await twice(agent, 'close-case', await agent.hidden(pinnedDesk, 'close-case'));
  expect(await rows('audit', `action = 'case.closed' AND subject = 'case/${pinned.split('/').pop()}'`)).toBe(1);

  const proposals = await rows('proposal');
  await twice(agent, 'propose-rate', { ...(await agent.hidden(there, 'propose-rate')), percent: '8.75', reason: 'once' });
  expect(await rows('proposal')).toBe(proposals + 1);
  await twice(agent, 'lower-minimum', { ...(await agent.hidden(there, 'lower-minimum')), value: '40', reason: 'once' });
  expect(await rows('terms_version', 'field = \'minimum\' AND value = 40')).toBe(1);
  await twice(agent, 'review-partner', { ...(await agent.hidden(there, 'review-partner')), until: '2026-03-30', reason: 'review once' });
  expect(await rows('partner_review', "reason = 'review once'")).toBe(1);
  await twice(agent, 'end-review', await agent.hidden(there, 'end-review'));
  const method = await partner.hidden('/account/method/paypal', 'set-payout-method');
  await twice(partner, 'set-payout-method', { ...method, holder: 'Nora', email: 'once@example.org', password: DEMO.partner.password });
  expect(await rows('payout_method', "masked = 'o…@example.org'")).toBe(1);
  await twice(agent, 'reveal-payout-method', { ...(await agent.hidden(there, 'reveal-payout-method')), reason: 'look once' });
  expect(await rows('payout_method_reveal', "reason = 'look once'")).toBe(1);

  expect((await house.run(['ledger', 'verify'])).code).toBe(0);
});

test('a nervous finger sends a form once', async ({ page, house }) => {
  await signIn(page, DEMO.partner);
  await page.goto('/disputes/new');
  await page.getByLabel('What happened?').fill('clicked three times');
  await page.getByRole('button', { name: 'Send' }).click({ clickCount: 3, noWaitAfter: true });
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  expect(await house.count("SELECT count(*) FROM message WHERE body = 'clicked three times'")).toBe(1);
});

test('two owners who decide at once make one decision', async ({ house }) => {
  const agent = await Client.signIn(house, DEMO.agent);
  const one = await Client.signIn(house, DEMO.owner);
  const other = await Client.signIn(house, DEMO.otherOwner);
  for (let round = 1; round <= 3; round += 1) {
    await agent.fill(desk(), 'propose-rate', { percent: `9.${round}`, reason: `round ${round}` });
    const id = await house.count('SELECT max(proposal_id) FROM proposal');
    const form = (who: Client) => who.hidden(`/approvals/${id}`, 'decide-proposal');
    const [ones, others] = [await form(one), await form(other)];
    const answers = await Promise.all([
      one.send('decide-proposal', { ...ones, verdict: 'approved', reason_partner: 'Yes.', reason_house: '' }),
      other.send('decide-proposal', { ...others, verdict: 'rejected', reason_partner: 'No.', reason_house: '' }),
    ]);
    expect(await house.count(`SELECT count(*) FROM decision WHERE proposal_id = ${id}`)).toBe(1);
    const versions = await house.count(`SELECT count(*) FROM terms_version WHERE proposal_id = ${id}`);
    const verdict = (await house.rows(`SELECT verdict FROM decision WHERE proposal_id = ${id}`))[0]![0];
    expect(versions).toBe(verdict === 'approved' ? 1 : 0);
    // The slower one is told who was faster.
    const slower = answers.find((answer) => answer.location.includes('form='));
    expect(slower, JSON.stringify(answers)).toBeDefined();
    const told = await (verdict === 'approved' ? other : one).read(slower!.location);
    expect(told).toMatch(/(Olivia Hart|Henrik Aas) has (approved|rejected) this already/);
  }
  expect((await house.run(['audit', 'verify'])).code).toBe(0);
});

test('who read an older page is stopped before anything is overwritten', async ({ page, house }) => {
  const agent = await Client.signIn(house, DEMO.agent);
  const partner = await Client.signIn(house, DEMO.partner);
  const here = (await partner.fill('/disputes/new', 'open-dispute', { body: 'first word' })).split('?')[0]!;
  const there = here.replace('/disputes/', '/desk/');
  await agent.fill(there, 'take-case', {});

  // The agent writes while the partner adds something.
  await signIn(page, DEMO.agent);
  await page.goto(there);
  await page.getByLabel('Reply', { exact: true }).fill('An answer to the first word.');
  await partner.fill(here, 'answer-dispute', { body: 'second word' });
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByRole('alert')).toContainText('Something new arrived that you have not seen');
  await expect(page.getByLabel('Reply', { exact: true })).toHaveValue('An answer to the first word.');
  await expect(page.locator('.case-talk')).toContainText('second word');
  expect(await house.count("SELECT count(*) FROM message WHERE body = 'An answer to the first word.'")).toBe(0);
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByRole('main')).toContainText('Sent.');
  expect(await house.count("SELECT count(*) FROM message WHERE body = 'An answer to the first word.'")).toBe(1);

  // A case whose last message nobody answered does not close.
  await partner.fill(here, 'answer-dispute', { body: 'third word' });
  await page.reload();
  await page.getByRole('button', { name: 'Close case' }).click();
  await expect(page.getByRole('alert')).toContainText('Not closed');
  await page.getByRole('button', { name: 'Needs no answer' }).click();
  await page.getByRole('button', { name: 'Close case' }).click();
  await expect(page.getByRole('main')).toContainText('Closed.');
});

/** Nothing ran, and nothing of it became an element. */
async function unharmed(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as unknown as { harmed?: number }).harmed), page.url()).toBeUndefined();
  await expect(page.locator('img[src=x], b[onmouseover], a[href^="javascript:"]'), page.url()).toHaveCount(0);
}
