// What every spec imports: Playwright's `test`, on a house of the file's own, failing on whatever a browser complains of.
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContext, type Page, expect, test as base } from '@playwright/test';
import { House } from './house';

export { expect };
export type { Page };

let house: House | undefined;

/** Collects what a browser complains of; a test that ends with complaints fails. */
export class Watch {
  private readonly complaints: string[] = [];
  private readonly allowed = new Set<number>();

  /** `plain`: the browser runs no scripts. */
  constructor(private readonly plain: boolean) {}

  /** From now on in this test, answers with these statuses are what is wanted. */
  allow(...statuses: number[]): void {
    for (const status of statuses) this.allowed.add(status);
  }

  over(context: BrowserContext): void {
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      // A page goes on by itself after its server was away; until then its questions fail.
      if (isLive(message.location().url) && /net::ERR_/.test(message.text())) return;
      // Chromium repeats each failed answer here; those are judged below, by their status.
      if (/^Failed to load resource: the server responded with a status of/.test(message.text())) return;
      // Nor does it use there what a page asks it to load early.
      if (this.plain && /was preloaded using link preload but not used/.test(message.text())) return;
      this.complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.complaints.push(`page: ${error.error().message} (${error.page()?.url()})`));
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // Going on to another page ends what was still under way; without JavaScript no script is fetched.
      if (why !== 'net::ERR_ABORTED' && why !== 'csp' && !isLive(request.url())) this.complaints.push(`request: ${request.url()} ${why}`);
    });
    context.on('response', (response) => {
      // A page that was left open hears in this way that its person signed out.
      if (response.status() === 401 && isLive(response.url())) return;
      if (response.status() >= 400 && !this.allowed.has(response.status())) {
        this.complaints.push(`answer: ${response.status()} ${response.url()}`);
      }
    });
  }

  found(): string[] {
    return this.complaints;
  }
}

/** Whether a page asks there what happens. */
function isLive(url: string): boolean {
  return url !== '' && /^\/live(\/since)?$/.test(new URL(url).pathname);
}

interface Fixtures {
  house: House;
  watch: Watch;
  /** Somebody else at another machine: a page with cookies of its own. */
  somebody: () => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  house: async ({}, use) => {
    if (!house) throw new Error('the spec did not say `inHouse(…)`');
    await use(house);
  },
  // Playwright asks for it around `beforeAll`, too, when there is no house yet.
  baseURL: async ({}, use) => use(house?.url),
  watch: [
    async ({ javaScriptEnabled }, use, info) => {
      const watch = new Watch(javaScriptEnabled === false);
      await use(watch);
      const { log } = house ?? { log: '' };
      if (info.status !== info.expectedStatus) await info.attach('server log', { body: log.slice(-20_000) });
      expect(watch.found(), 'what browsers complained of').toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, watch }, use) => {
    watch.over(context);
    await use(context);
  },
  somebody: async ({ browser, watch, baseURL, viewport, hasTouch, javaScriptEnabled, locale, timezoneId }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await machine(browser, { baseURL, viewport, hasTouch, javaScriptEnabled, locale, timezoneId });
      contexts.push(context);
      watch.over(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

async function machine(browser: Browser, options: Parameters<Browser['newContext']>[0]): Promise<BrowserContext> {
  return browser.newContext(options);
}

/** Gives the spec file a house: `furnish` fills its database, its server starts, and `live` goes on in it. */
export function inHouse(
  now: string,
  furnish: (house: House) => Promise<void>,
  live: (house: House) => Promise<void> = async () => {},
): void {
  test.beforeAll(async () => {
    test.setTimeout(120_000);
    house = await House.build(now);
    await furnish(house);
    await house.serve();
    await live(house);
  });
  test.afterAll(async () => {
    const errors = (await house?.close()) ?? [];
    house = undefined;
    expect(errors, 'errors that the server logged').toEqual([]);
  });
}

/** Violations of WCAG 2.2 AA that axe can see, or of the rules named. */
export async function axeViolations(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  if (rules) axe.withRules(rules);
  else axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const { violations } = await axe.analyze();
  return violations.map((one) => `${one.id}: ${one.help}\n  ${one.nodes.map((node) => node.html).join('\n  ')}`);
}

export async function expectNoAxeViolations(page: Page): Promise<void> {
  expect(await axeViolations(page), `axe on ${page.url()}`).toEqual([]);
}

/** What makes the page wider than its window; nothing, if it is not. */
export async function sidewaysScroll(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const outside = [...document.querySelectorAll('body *')].filter(
      (one) => one.getBoundingClientRect().right > root.clientWidth + 1,
    );
    return [`${root.scrollWidth} > ${root.clientWidth}`, ...outside.slice(0, 5).map((one) => one.outerHTML.slice(0, 120))];
  });
}
