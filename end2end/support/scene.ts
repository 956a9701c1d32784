// A house in the middle of its day: the demonstration with disputes in several stages, terms that were changed, and
// proposals that wait. And the addresses of everything there is to see in it.
import { Client } from './forms';
import type { House } from './house';
import { DEMO, MEMBER, OTHER_MEMBER, type Person, invite } from './people';

export const SCENE_NOW = '2026-03-02T10:00:00Z';

/** What people wrote; not to be translated. */
export const WRITTEN = {
  question: 'The order had two items, I see one.\nCould you look again?',
  reply: 'Thank you, Nora. I am asking the shop and write to you tomorrow.',
  note: 'Shop answers on Tuesdays only.',
  answer: 'That is fine, thank you!',
  claim: 'My reader sent me this confirmation.',
  claimQuestion: 'Reader bought a rake on Sunday; it is not in the list.',
  other: 'Do you have banners in Spanish?',
  verdict: 'You are right; we credit what was missing.',
  house: 'Shop confirmed by phone.',
  lower: 'Small balances reach you sooner this way.',
  rate: 'Steady traffic and few refunds.',
  rateForPartner: 'Your orders are steady, so you earn more from today.',
  rateForHouse: 'Margin stays above the floor.',
  reveal: 'The bank sent a payout back.',
  review: 'Forty orders from one address.',
  held: 'Their bank called about this account.',
} as const;

export interface Place {
  /** For file names and messages. */
  name: string;
  path: string;
  /** The status it answers with, where that is not 200. */
  status?: number;
}

export interface Scene {
  /** What each role can see. */
  places: Record<'anyone' | 'partner' | 'agent' | 'owner', Place[]>;
}

export const PEOPLE: Record<'partner' | 'agent' | 'owner', Person> = DEMO;

/** Fills the house, which has to be serving. */
export async function setScene(house: House): Promise<Scene> {
  const conversion = async (state: string, skip = 0) =>
    house.count(`SELECT conversion_id FROM commission c JOIN partner USING (partner_id)
                 WHERE code = 'balcony-notes' AND state = '${state}' ORDER BY occurred_at DESC OFFSET ${skip} LIMIT 1`);
  const [pending, payable, reversed] = [await conversion('pending', 3), await conversion('payable', 3), await conversion('reversed')];
  const offer = (await house.rows("SELECT offer_id FROM offer WHERE code = 'plants'"))[0]![0]!;
  const link = await invite(house, 'greenhouse', 'casa-verde', OTHER_MEMBER);

  const partner = await Client.signIn(house, DEMO.partner);
  const agent = await Client.signIn(house, DEMO.agent);
  const owner = await Client.signIn(house, DEMO.owner);
  const desk = (dispute: string) => dispute.replace('/disputes/', '/desk/');
  const bare = (location: string) => location.split('?')[0]!;

  const paypal = { holder: MEMBER.name, email: 'nora.garden@example.org', password: DEMO.partner.password };
  await partner.fill('/account/method/paypal', 'set-payout-method', paypal);
  const talking = bare(
    await partner.fill(`/disputes/new?conversion=${pending}`, 'open-dispute', { kind: 'wrong_amount', body: WRITTEN.question }),
  );
  const decided = bare(
    await partner.fill(`/disputes/new?conversion=${reversed}`, 'open-dispute', { kind: 'wrongly_reversed', body: WRITTEN.question }),
  );
  const missing = bare(
    await partner.fill('/disputes/new?kind=missing_conversion', 'open-dispute', {
      offer, order_id: 'W-55102', occurred_at: '2026-03-01T12:00', amount: '48.90', proof: WRITTEN.claim, body: WRITTEN.claimQuestion,
    }),
  );
  const other = bare(await partner.fill('/disputes/new', 'open-dispute', { body: WRITTEN.other }));

  await agent.fill(desk(talking), 'take-case', {});
  await agent.fill(desk(talking), 'reply', { body: WRITTEN.reply });
  await agent.fill(desk(talking), 'note', { body: WRITTEN.note });
  await partner.fill(talking, 'answer-dispute', { body: WRITTEN.answer });
  await agent.fill(desk(decided), 'take-case', {});
  await agent.fill(desk(decided), 'decide-case', {
    outcome: 'in_favour', reason: 'tracking_error', amount: '4.20', body: WRITTEN.verdict, reason_house: WRITTEN.house,
  });
  await agent.fill(desk(missing), 'take-case', {});
  await agent.fill(desk(missing), 'reply', { body: WRITTEN.reply, ask: 'yes' });
  await agent.fill(desk(other), 'take-case', {});
  await agent.fill(desk(other), 'reply', { body: WRITTEN.reply });
  await agent.fill(desk(other), 'close-case', {});
  await agent.fill(desk(talking), 'lower-minimum', { value: '30', reason: WRITTEN.lower });
  await agent.fill(desk(talking), 'propose-rate', { percent: '9.5', reason: WRITTEN.rate });
  const waiting = await lastProposal(house);
  await owner.fill(waiting, 'decide-proposal', {
    verdict: 'approved', reason_partner: WRITTEN.rateForPartner, reason_house: WRITTEN.rateForHouse,
  });
  const approved = waiting;
  await agent.fill(desk(talking), 'propose-rate', { percent: '12', offer, reason: WRITTEN.rate });
  const open = await lastProposal(house);
  await agent.fill(desk(talking), 'propose-schedule', { kind: 'weekly', day: '5', reason: WRITTEN.rate });
  const schedule = await lastProposal(house);
  await agent.fill(desk(talking), 'review-partner', { reason: WRITTEN.review, until: '2026-03-20' });

  const place = (name: string, path: string, status?: number): Place => ({ name, path, ...(status ? { status } : {}) });
  // A form that was refused, as its writer finds it again.
  const refused = await partner.send('open-dispute', {
    ...(await partner.hidden('/disputes/new?kind=missing_conversion', 'open-dispute')), amount: 'much', body: '',
  });
  const refusedMethod = await partner.send('set-payout-method', {
    ...(await partner.hidden('/account/method/iban', 'set-payout-method')), holder: MEMBER.name, iban: 'ES91 2100', password: 'x',
  });
  const british = { holder: MEMBER.name, sort_code: '60-16-13', account: '31926819', password: DEMO.partner.password };
  await partner.fill('/account/method/sort_code', 'set-payout-method', british);
  await agent.fill(desk(talking), 'reveal-payout-method', { reason: WRITTEN.reveal });
  const refusedReply = await agent.send('decide-case', { ...(await agent.hidden(desk(missing), 'decide-case')), amount: '999' });
  const refusedRun = await owner.send('build-run', { ...(await owner.hidden('/runs', 'build-run')), cutoff: 'soon' });
  const payout = await house.count("SELECT payout_id FROM payout JOIN partner USING (partner_id) WHERE payout_run_id = 2 AND code = 'casa-verde'");
  const paid = await house.count("SELECT payout_id FROM payout JOIN partner USING (partner_id) WHERE payout_run_id = 1 AND code = 'casa-verde'");
  await owner.fill(`/runs/2/payouts/${payout}`, 'step-payout', { reason: WRITTEN.held });
  const line = await house.count("SELECT line FROM settlement_line WHERE disposition = 'unmatched'");
  for (const client of [partner, agent, owner]) await client.leave();

  return {
    places: {
      anyone: [place('sign-in', '/sign-in'), place('join', link), place('not-found', '/no/such/page', 404)],
      partner: [
        place('payouts', '/payouts'),
        place('earnings', '/earnings'),
        place('earnings-long', '/earnings?from=2025-10-01&to=2026-03-02'),
        place('earnings-wrong', '/earnings?from=2026-02-30&to=2026-03-02'),
        place('earnings-empty', '/earnings?from=2020-01-01&to=2020-01-31'),
        place('commission-pending', `/earnings/${pending}`),
        place('commission-payable', `/earnings/${payable}`),
        place('commission-reversed', `/earnings/${reversed}`),
        place('terms', '/terms'),
        place('account', '/account'),
        place('method-sort-code', '/account/method/sort_code'),
        place('method-wise', '/account/method/wise'),
        place('confirm-unknown', `/account/confirm/${'0'.repeat(64)}`),
        place('method-refused', refusedMethod.location),
        place('disputes', '/disputes'),
        place('dispute-talking', talking),
        place('dispute-decided', decided),
        place('dispute-missing', missing),
        place('dispute-closed', other),
        place('dispute-new', '/disputes/new'),
        place('dispute-new-conversion', `/disputes/new?conversion=${payable}`),
        place('dispute-new-missing', '/disputes/new?kind=missing_conversion'),
        place('dispute-refused', refused.location),
        place('help', '/help'),
        place('help-search', '/help?q=minimum'),
        place('tax-data', '/account/tax'),
        place('forbidden', '/desk', 403),
      ],
      agent: [
        place('desk', '/desk'),
        place('desk-mine', '/desk?view=mine'),
        place('desk-unassigned', '/desk?view=unassigned'),
        place('desk-breaching', '/desk?view=breaching'),
        place('desk-closed', '/desk?view=closed'),
        place('rota', '/rota'),
        place('figures-own', '/figures'),
        place('case-talking', desk(talking)),
        place('case-recalculated', `${desk(talking)}?recalculate=1`),
        place('case-decided', desk(decided)),
        place('case-missing', desk(missing)),
        place('case-refused', refusedReply.location),
        place('case-closed', desk(other)),
        place('log', '/desk/log'),
        place('search-empty', '/search'),
        place('search', '/search?q=order'),
        place('search-nothing', '/search?q=zzzzz'),
        place('views', '/views'),
        place('turns', '/turns'),
        place('my-desk', '/my-desk'),
        place('mentions', '/mentions'),
        place('macros', '/macros'),
        place('help-house', '/help'),
        place('links', '/links'),
        place('escalations', '/escalations'),
        place('limits', '/limits'),
        place('enquiries', '/enquiries'),
        place('incidents', '/incidents'),
        place('complaints', '/complaints'),
        place('practice', '/practice'),
        place('contests', '/contests'),
        place('quarantine', '/quarantine'),
      ],
      owner: [
        place('rota-to-write', '/rota'),
        place('figures', '/figures'),
        place('approvals', '/approvals'),
        place('promotions', '/promotions'),
        place('promotion', '/promotions/1'),
        place('proposal-waiting', open),
        place('proposal-schedule', schedule),
        place('proposal-approved', approved),
        place('runs', '/runs'),
        place('runs-refused', refusedRun.location),
        place('run-waiting', '/runs/2'),
        place('run-payouts', '/runs/2?view=payouts'),
        place('run-payouts-none', '/runs/2?view=payouts&state=paid'),
        place('run-unpaid', '/runs/2?view=unpaid'),
        place('run-no-files', '/runs/2?view=sending'),
        place('run-paid', '/runs/1'),
        place('run-files', '/runs/1?view=sending'),
        place('run-payout-held', `/runs/2/payouts/${payout}`),
        place('run-payout-paid', `/runs/1/payouts/${paid}`),
        place('answers', '/answers?file=1&done=read'),
        place('answer-line', `/answers/1/${line}`),
        place('record', '/record'),
        place('record-of-runs', '/record?action=payout_run.built'),
        place('record-verified', '/record?verify=1'),
        place('record-filtered', '/record?action=case.decided'),
        place('desk-as-owner', '/desk'),
        place('mail', '/mail'),
        place('mail-sent', '/mail?state=sent'),
        place('books', '/books'),
        place('funds', '/funds'),
        place('tax', '/tax'),
        place('help-write', '/help/write'),
        place('limits-as-owner', '/limits'),
        place('turns-as-owner', '/turns'),
        place('escalations-as-owner', '/escalations'),
        place('enquiries-as-owner', '/enquiries'),
        place('incidents-as-owner', '/incidents'),
        place('complaints-as-owner', '/complaints'),
        place('macros-as-owner', '/macros'),
        place('links-as-owner', '/links'),
        place('practice-as-owner', '/practice'),
      ],
    },
  };
}

async function lastProposal(house: House): Promise<string> {
  return `/approvals/${await house.count('SELECT max(proposal_id) FROM proposal')}`;
}
