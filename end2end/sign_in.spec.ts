// Coming in, going out, and what stays shut.
import { DEMO, MEMBER, OTHER_MEMBER, invite, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, test } from './support/test';

inHouse('2026-03-02T10:00:00Z', async (house) => {
  await house.run(['demo']);
});

const { partner, agent, owner, otherOwner } = DEMO;

test('a wrong password keeps the e-mail and says what to do @phone @plain', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(partner.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();

  await expect(page.getByRole('alert')).toContainText('Please check both');
  await expect(page.getByLabel('E-mail')).toHaveValue(partner.email);
  await expect(page.getByLabel('Password')).toHaveValue('');

  // An address that nobody has is answered in the same words: who has an account stays a secret.
  const said = await page.getByRole('alert').innerText();
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('E-mail')).toHaveValue('nobody@example.org');
  await expect(page.getByRole('alert')).toHaveText(said);

  await page.getByLabel('E-mail').fill(partner.email.toUpperCase());
  await page.getByLabel('Password').fill(partner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/payouts$/);
});

test('each role begins in its own room, and leaves for good @plain', async ({ page }) => {
  for (const [who, room] of [[partner, '/payouts'], [agent, '/desk'], [owner, '/desk']] as const) {
    await signIn(page, who);
    await expect(page).toHaveURL(room);
    const session = (await page.context().cookies()).find((cookie) => cookie.name === '__Host-session');
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL('/sign-in');
    await page.goto(room);
    await expect(page).toHaveURL(`/sign-in?back=${encodeURIComponent(room)}`);

    // A copy of the cookie is worth nothing any more: the session ended in the table, too.
    await page.context().addCookies([session!]);
    await page.goto(room);
    await expect(page).toHaveURL(/\/sign-in\?back=/);
    await page.context().clearCookies();
  }
});

test('after signing in one stands where one wanted to go @phone @plain', async ({ page }) => {
  await page.goto('/earnings?from=2026-01-01&to=2026-01-31&state=payable');
  await expect(page).toHaveURL(/\/sign-in\?back=/);
  // Also after a mistake on the way.
  await page.getByLabel('E-mail').fill(partner.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('Password').fill(partner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/earnings?from=2026-01-01&to=2026-01-31&state=payable');
  await expect(page.getByLabel('From')).toHaveValue('2026-01-01');
});

test('the way back never leads out of the house', async ({ page }) => {
  for (const back of ['https://example.com/', '//example.com', '/\\example.com', '/do/sign-out']) {
    await page.goto(`/sign-in?back=${encodeURIComponent(back)}`);
    await page.getByLabel('E-mail').fill(partner.email);
    await page.getByLabel('Password').fill(partner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL('/payouts');
    await page.context().clearCookies();
  }
});

test('after ten wrong passwords an account waits, even for the right one', async ({ page, request, baseURL }) => {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await request.post('/do/sign-in', {
      form: { email: otherOwner.email, password: `guess ${attempt}`, back: '' },
      headers: { Origin: baseURL! },
    });
  }
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(otherOwner.email);
  await page.getByLabel('Password').fill(otherOwner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('try again in 15 minutes');
  await expect(page.getByLabel('E-mail')).toHaveValue(otherOwner.email);
  // Others are not held up.
  await signIn(page, owner);
});

test('what is not there and what is not theirs is said kindly, with its status @phone @plain', async ({ page, watch, javaScriptEnabled }) => {
  watch.allow(403, 404);
  const missing = await page.goto('/no/such/page');
  expect(missing?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing at this address');

  await signIn(page, partner);
  for (const path of ['/desk', '/desk/1', '/approvals', '/approvals/1', '/record']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText("This page isn't open to you");
  }
  if (javaScriptEnabled !== false) await expectNoAxeViolations(page);
  await page.getByRole('link', { name: 'Go to your start page' }).click();
  await expect(page).toHaveURL('/payouts');
  for (const path of ['/no/such/page', '/earnings/999999999', '/earnings/nonsense', '/disputes/999999999', '/disputes/-1']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing at this address');
  }

  await page.context().clearCookies();
  await signIn(page, agent);
  for (const path of ['/payouts', '/earnings', '/terms', '/disputes', '/account', '/approvals', '/record']) {
    expect((await page.goto(path))?.status(), path).toBe(403);
  }
  expect((await page.goto('/desk/999999999'))?.status()).toBe(404);
});

test("a partner never sees another partner's commission or dispute", async ({ page, house, watch, somebody }) => {
  watch.allow(404);
  const link = await invite(house, 'greenhouse', 'casa-verde', OTHER_MEMBER);
  const other = await somebody();
  await other.goto(link);
  await other.getByLabel('Your name').fill(OTHER_MEMBER.name);
  await other.getByLabel('Password').fill(OTHER_MEMBER.password);
  await other.getByRole('button', { name: 'Open my account' }).click();
  await expect(other).toHaveURL('/payouts');

  const conversion = (partnerCode: string) =>
    house.count(`SELECT conversion_id FROM conversion JOIN partner USING (partner_id) WHERE code = '${partnerCode}'
                 ORDER BY occurred_at DESC OFFSET 1 LIMIT 1`);
  const theirs = await conversion('casa-verde');
  const hers = await conversion('balcony-notes');

  // Pablo opens a dispute about his own.
  await other.goto(`/disputes/new?conversion=${theirs}`);
  await other.getByLabel('What happened?').fill('The order was larger than this.');
  await other.getByRole('button', { name: 'Send' }).click();
  await expect(other).toHaveURL(/\/disputes\/\d+/);
  const dispute = new URL(other.url()).pathname;

  await signIn(page, partner);
  expect((await page.goto(`/earnings/${hers}`))?.status()).toBe(200);
  for (const path of [`/earnings/${theirs}`, dispute, `/disputes/new?conversion=${theirs}`]) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await expect(page.getByRole('main')).not.toContainText('The order was larger');
  }
  // Not by a form made by hand either.
  const refused = await page.request.post('/do/answer-dispute', {
    form: { case: dispute.split('/').pop()!, seen: '0', form_key: crypto.randomUUID(), body: 'let me in' },
    headers: { Origin: house.url },
    maxRedirects: 0,
  });
  expect(refused.status()).toBe(404);
  expect(await house.count("SELECT count(*) FROM message WHERE body = 'let me in'")).toBe(0);
});

test('an invitation opens one account, once @plain', async ({ page, house, watch }) => {
  const newcomer = { ...MEMBER, name: 'Íris Ferrer', email: 'iris@example.org' };
  const link = await invite(house, 'greenhouse', 'window-herbs', newcomer);
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Welcome, Window Herbs');
  await page.getByLabel('Your name').fill(newcomer.name);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Open my account' }).click();
  await expect(page.getByText('Please use at least 12 characters')).toBeVisible();
  await expect(page.getByLabel('Your name')).toHaveValue(newcomer.name);
  await expect(page.getByLabel('Password')).toHaveValue('');
  await page.getByLabel('Password').fill(newcomer.password);
  await page.getByRole('button', { name: 'Open my account' }).click();
  await expect(page).toHaveURL('/payouts');
  await expect(page.locator('.person')).toContainText('Íris Ferrer');

  watch.allow(404);
  expect((await page.goto(link))?.status()).toBe(404);
  expect((await page.goto('/join/0000'))?.status()).toBe(404);
});

test('nothing changes for who is not signed in, or comes from another site', async ({ request, house }) => {
  const post = (path: string, headers: Record<string, string>) =>
    request.post(path, { form: {}, headers, maxRedirects: 0 });
  for (const path of ['/do/open-dispute', '/do/reply', '/do/decide-case', '/do/decide-proposal', '/do/set-payout-method', '/do/reveal-payout-method']) {
    expect((await post(path, { Origin: house.url })).status(), path).toBe(401);
  }
  for (const path of ['/do/sign-in', '/do/preferences']) {
    const answer = await post(path, { Origin: 'https://example.com', 'Sec-Fetch-Site': 'cross-site' });
    expect(answer.status(), path).toBe(403);
  }
});
