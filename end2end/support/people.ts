// Who is in the tests, and how they come in.
import { type Page, expect } from '@playwright/test';
import type { House } from './house';

export interface Person {
  email: string;
  name: string;
  password: string;
}

const PASSWORD = 'three green garden chairs';

const person = (name: string): Person => ({
  name,
  email: `${name.split(' ')[0]?.toLowerCase()}@example.org`,
  password: PASSWORD,
});

export const OWNER = person('Olivia Hart');
export const OTHER_OWNER = person('Henrik Aas');
export const AGENT = person('Marta Ruiz');
export const AUDITOR = person('Ada Stone');
export const MEMBER = person('Nora Lindqvist');
export const OTHER_MEMBER = person('Pablo Vega');

/** The demonstration's people, who share another password (server/src/commands/demo.rs). */
export const DEMO = {
  partner: { ...MEMBER, password: 'a walk in the park' },
  agent: { ...AGENT, password: 'a walk in the park' },
  owner: { ...OWNER, password: 'a walk in the park' },
  otherOwner: { ...OTHER_OWNER, password: 'a walk in the park' },
};

export async function createOwner(house: House, owner: Person): Promise<void> {
  await house.run(['owner', 'create', owner.email, '--name', owner.name], { stdin: `${owner.password}\n` });
}

export async function createStaff(house: House, staff: Person, role: string): Promise<void> {
  await house.run(['staff', 'create', staff.email, '--name', staff.name, '--role', role], {
    stdin: `${staff.password}\n`,
  });
}

/** Invites somebody to a partner account; gives the link's path. */
export async function invite(house: House, programme: string, partner: string, member: Person): Promise<string> {
  const { stdout } = await house.run(['partner', 'invite', programme, partner, member.email, '--url', house.url]);
  return new URL(stdout.trim()).pathname;
}

/** Follows an invitation and sets name and password; ends at the payouts. */
export async function join(page: Page, link: string, member: Person): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Your name').fill(member.name);
  await page.getByLabel('Password').fill(member.password);
  await page.getByRole('button', { name: 'Open my account' }).click();
  await expect(page).toHaveURL(/\/payouts$/);
}

/** Signs in and ends where this person begins. */
export async function signIn(page: Page, who: Person): Promise<void> {
  await page.goto('/sign-in');
  await page.locator('input[name=email]').fill(who.email);
  await page.locator('input[name=password]').fill(who.password);
  await page.locator('form[action="/do/sign-in"] button[type=submit]').click();
  await expect(page).not.toHaveURL(/sign-in/);
  await expect(page.locator('.person')).toContainText(who.name);
}
