// A dispute to its end: it is declined, its partner appeals, another person decides, and the partner says how it was.
import { Client } from './support/forms';
import { DEMO, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

// A Monday at ten in London.
const NOW = '2026-03-02T10:00:00Z';
const { partner, agent, owner } = DEMO;
let dispute = '';
const number = () => dispute.split('/').pop()!;

test.describe.configure({ mode: 'serial' });

inHouse(NOW, async (house) => {
  await house.run(['demo']);
});

test('a partner asks and is declined, with a way to appeal @phone @plain', async ({ page, house }) => {
  const nora = await Client.signIn(house, partner);
  const opened = await nora.fill('/disputes/new', 'open-dispute', { body: 'My banner order is missing.' });
  dispute = opened.split('?')[0]!;
  await nora.leave();
  const marta = await Client.signIn(house, agent);
  await marta.fill(`/desk/${number()}`, 'take-case', {});
  await marta.fill(`/desk/${number()}`, 'decide-case', {
    outcome: 'declined', reason: 'not_proved', amount: '', body: 'I could not find that order.', reason_house: '',
  });
  await marta.leave();

  await signIn(page, partner);
  await page.goto(dispute);
  const main = page.getByRole('main');
  await expect(main).toContainText('It stays as it is.');
  await expect(main).toContainText('Appeal possible until');
  await page.getByText('I see it differently: appeal').click();
  await page.getByLabel('What should be looked at again?').fill('The shop confirmed it yesterday.');
  expect(await sidewaysScroll(page)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  await page.getByRole('button', { name: 'Appeal' }).click();
  await expect(main).toContainText('Your appeal is with us.');
  await expect(main).toContainText('Decision on the appeal');
});

test('who decided first does not decide the appeal, another person does @phone @plain', async ({ page, somebody }) => {
  await signIn(page, agent);
  await page.goto(`/desk/${number()}`);
  await expect(page.getByRole('main')).toContainText('somebody else decides the appeal');
  await expect(page.locator('form[action="/do/decide-appeal"]')).toHaveCount(0);

  const other = await somebody();
  await signIn(other, owner);
  await other.goto(`/desk/${number()}`);
  await other.getByText('Decide the appeal').click();
  const form = other.locator('form[action="/do/decide-appeal"]');
  await form.getByLabel('Outcome').selectOption('changed');
  await form.getByLabel('Credit besides').fill('12.50');
  await form.getByLabel('Message to the partner').fill('You are right, the order is yours.');
  await form.getByRole('button', { name: 'Decide and send' }).click();
  await expect(other.getByRole('main')).toContainText('Appeal decided, booked and sent.');
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(other);
});

test('the partner reads it and says once how it was @phone @plain', async ({ page }) => {
  await signIn(page, partner);
  await page.goto(dispute);
  const main = page.getByRole('main');
  await expect(main).toContainText('Changed in your favour.');
  await expect(main).toContainText('12.50');
  await page.getByLabel('5: very well').check();
  await page.getByLabel('Anything you want to add').fill('Kind and fast.');
  await page.getByRole('button', { name: 'Rate it' }).click();
  await expect(main).toContainText('Thank you for telling us.');
  await expect(page.getByRole('button', { name: 'Rate it' })).toHaveCount(0);
});
