// Spanish and English, whole: on every page no key, no remnant of the other language, and money, numbers and dates as
// the reader's language writes them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/house';
import { signIn } from './support/people';
import { PEOPLE, SCENE_NOW, type Scene, WRITTEN, setScene } from './support/scene';
import { type Page, expect, inHouse, test } from './support/test';

let scene: Scene;

inHouse(SCENE_NOW, async (house) => {
  await house.run(['demo']);
}, async (house) => {
  scene = await setScene(house);
});

/** What is the same in both languages: names, codes, what people wrote, and words that happen to be equal. */
const SAME = [
  ...Object.values(WRITTEN).flatMap((text) => text.split('\n')),
  'Partnerdesk', 'Partner', 'English', 'Español', 'PayPal', 'Wise', 'UTC', 'GBP', 'Europe/London', 'tú', 'usted', 'Enter', 'Ctrl+Enter', 'Chat',
  // What the demonstration's partners wrote, and who they are.
  'Banners for spring', 'Do you have banners for spring? The ones I use still show snow.', 'Carla Ruano', 'Sam Okafor', 'Priya Nair',
  "They are in the offer's folder since this morning, in three sizes. Have fun with them!", 'My first payout',
  'A reader bought a rake and two trays on Thursday and showed me the confirmation; it is not in my list.',
  'I am close to the minimum for the first time. Do I have to do anything, or does the money simply come?',
  'En este pedido había dos artículos y solo veo uno. ¿Lo podéis mirar, por favor?',
  'Gracias por avisar, Carla. Pregunto a la tienda y te escribo mañana.',
  'Order confirmation W-55102, one rake and two trays, £48.90',
  // The demonstration's promotion.
  'Season of orders', 'Their readers order more each month; a goal may bring the season forward.',
  'Your readers order more each month. Let us see how far the season goes.',
  // As the programme's file says it.
  'returned',
  'Nora Lindqvist', 'Balcony Notes', 'Marta Ruiz', 'Olivia Hart', 'Henrik Aas', 'Casa Verde', 'Inés Prado', 'Tom Reed',
  // Macros of the demonstration, as the desk named them.
  'Macros', 'Macro', 'Next payout: when and how much', 'Under the minimum', 'Missing sale: ask for proof', 'Pending: what the hold is for',
  'Solved: thank you',
  // The rota's, as they were written.
  'Christmas Day', 'Dentist', 'Europe/Madrid', 'America/New_York', 'min',
  'The Seed List', 'Urban Orchard', 'Small Plots', 'Window Herbs', 'Wise', 'CSV', 'IBAN', 'SHA-256', 'pain.001',
  // Files, and what banks and accountants' programs call things.
  'hledger', 'Beancount', 'Greenhouse Ltd',
  'payouts-run-1-bank-gbp-1.csv', 'payouts-run-1-paypal-gbp-1.csv', 'payouts-run-1-wise-gbp-1.csv', 'bank-2026-02.csv',
  'balcony-notes', 'casa-verde', 'small-plots', 'the-seed-list', 'urban-orchard', 'window-herbs', 'greenhouse', 'plants', 'tools',
];

for (const role of ['anyone', 'partner', 'agent', 'owner'] as const) {
  test(`what ${role} reads`, async ({ page, watch }) => {
    test.setTimeout(360_000);
    if (role !== 'anyone') await signIn(page, PEOPLE[role]);
    const texts = { en: new Map<string, string[]>(), es: new Map<string, string[]>() };
    for (const language of ['en', 'es'] as const) {
      await page.goto('/');
      await page.locator(`button[name=locale][value=${language}]`).click();
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      for (const { name, path, status } of scene.places[role]) {
        if (status) watch.allow(status);
        await page.goto(path);
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        texts[language].set(name, await words(page));
      }
    }
    for (const [name, english] of texts.en) {
      const spanish = texts.es.get(name)!;
      // Before it may stand how many things wait.
      const title = (list: string[]) => list[0]!.replace(/^\(\d+\) /, '');
      if (!isSame(title(english))) expect.soft(title(spanish), `title of ${name}`).not.toBe(title(english));
      // What is wrong with a form was said when it was sent, in the language of that moment.
      if (name.endsWith('-refused')) continue;
      const shared = spanish.filter((text) => english.includes(text) && !isSame(text));
      expect.soft([...new Set(shared)], `${name}: left as it was`).toEqual([]);
      for (const [language, list, wrong] of [['en', english, isSpanish], ['es', spanish, isEnglish]] as const) {
        expect.soft(list.filter(isKey), `${name} in ${language}: keys`).toEqual([]);
        expect.soft(list.filter(wrong), `${name} in ${language}: as the other language writes it`).toEqual([]);
      }
    }
  });
}

test('a refused form answers in the language of its reader @plain', async ({ page }) => {
  await page.goto('/sign-in');
  await page.locator('button[name=locale][value=es]').click();
  await expect(page).toHaveURL('/sign-in');
  await page.locator('input[name=email]').fill('nadie@example.org');
  await page.locator('input[name=password]').fill('no es la contraseña');
  await page.locator('form[action="/do/sign-in"] button[type=submit]').click();
  const said = await page.getByRole('alert').innerText();
  expect(said).toBe(message('es', 'sign_in', 'wrong'));
  expect(said).not.toBe(message('en', 'sign_in', 'wrong'));
});

test('a new reader is met in the language of the browser, and a choice is kept', async ({ browser, baseURL, watch }) => {
  const context = await browser.newContext({ baseURL, locale: 'es-ES' });
  watch.over(context);
  const page = await context.newPage();
  await page.goto('/sign-in');
  await expect(page.locator('html')).toHaveAttribute('lang', 'es');
  await page.locator('button[name=locale][value=en]').click();
  await signIn(page, PEOPLE.partner);
  // Signed in, what the person chose counts, at whatever machine.
  await page.locator('button[name=locale][value=es]').click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'es');
  await context.close();
  const elsewhere = await browser.newContext({ baseURL, locale: 'en-GB' });
  watch.over(elsewhere);
  const other = await elsewhere.newPage();
  await signIn(other, PEOPLE.partner);
  await expect(other.locator('html')).toHaveAttribute('lang', 'es');
  await elsewhere.close();
});

test('both languages have the same keys, and the same figures in them', () => {
  const folder = (language: string) => join(ROOT, 'app/locales', language);
  for (const name of readdirSync(folder('en'))) {
    const [english, spanish] = ['en', 'es'].map(
      (language) => JSON.parse(readFileSync(join(folder(language), name), 'utf8')) as Record<string, string>,
    ) as [Record<string, string>, Record<string, string>];
    expect(Object.keys(spanish).sort(), name).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      const holes = (words: string) => [...words.matchAll(/\{\{ *(\w+) *\}\}/g)].map((hole) => hole[1]).sort();
      if (name !== 'format.json') expect.soft(holes(spanish[key]!), `${name} ${key}`).toEqual(holes(text));
    }
  }
});

/** The title, then every piece of text on the page that somebody sees or hears. */
async function words(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.closest('script, style, .switch, .search-found, select[name=country]')) continue;
      // What says of itself that it is in another language than the page.
      if (node.parentElement?.closest<HTMLElement>('[lang]')?.lang !== document.documentElement.lang) continue;
      found.push(node.textContent ?? '');
    }
    for (const one of document.querySelectorAll('[aria-label], [title], [placeholder], [data-kept], [data-shown]')) {
      for (const name of ['aria-label', 'title', 'placeholder', 'data-kept', 'data-shown', 'data-label']) {
        found.push(one.getAttribute(name) ?? '');
      }
    }
    return found.map((text) => text.replace(/[ \t\n]+/g, ' ').trim()).filter((text) => text !== '');
  });
}

/** Whether a text may be the same in both languages: no words in it, or none but the known ones. */
function isSame(text: string): boolean {
  // `/payouts` is where something lies.
  if (text === 'no' || /^\/\S*$/.test(text)) return true;
  let rest = text;
  for (const same of [...SAME].sort((one, other) => other.length - one.length)) rest = rest.replaceAll(same, ' ');
  rest = rest.replace(/\S+@\S+|[A-Z]{1,3}-?\d+|\b[0-9a-f]{64}\b/g, ' ');
  return !/[A-Za-zÁÉÍÓÚÑáéíóúñ]{2,}/.test(rest);
}

/** `earnings.title`, or a hole that nobody filled. */
function isKey(text: string): boolean {
  return /\{\{|\}\}|\b[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)+\b/.test(text);
}

/** Money, percentages and dates in the English way. */
function isEnglish(text: string): boolean {
  return /[£$€]\d|\d{1,3},\d{3}\b|\d\.\d\d(?!\d|\.)\b|\d%|\b(January|February|March|April|June|July|August|December)\b|\d (Jan|Apr|Aug|Dec)\b/.test(
    text,
  );
}

/** The same in the Spanish way. */
function isSpanish(text: string): boolean {
  return /\d[  ]?[£€]|\d,\d\d(?!\d)|\d[  ]%|\b(de enero|de febrero|de marzo|de abril)\b|\d (ene|abr|ago|dic)\b/.test(text);
}

function message(language: 'en' | 'es', feature: string, key: string): string {
  const file = join(ROOT, 'app/locales', language, `${feature}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)[key]!;
}
