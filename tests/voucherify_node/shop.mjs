// A shop set up and visited through the SDK for Node as it is: `node shop.mjs HOST APP_ID TOKEN before|after`.
// `before` ends with long jobs that are under way; `after` looks at them once the worker has done them.
import assert from 'node:assert/strict'
import voucherify from '@voucherify/sdk'

const [apiUrl, applicationId, secretKey, part] = process.argv.slice(2)
const sdk = voucherify.VoucherifyServerSide({ apiUrl, applicationId, secretKey })

async function refused(call, code, key) {
  await assert.rejects(call, (error) => error.code === code && error.key === key)
}

async function customers() {
  const made = await sdk.customers.create({ source_id: 'ada@example.com', name: 'Ada', metadata: { VIP: true } })
  const changed = await sdk.customers.update({ source_id: 'ada@example.com', phone: '+1 933 222' })
  const read = await sdk.customers.get('ada@example.com')
  assert.deepEqual([made.name, changed.id, read.phone, read.metadata], ['Ada', made.id, '+1 933 222', { VIP: true }])
  assert.equal(read.summary.orders.total_count, 0)

  const zoe = await sdk.customers.create({ source_id: 'zoe', email: 'zoe@example.com' })
  const listed = await sdk.customers.list({ limit: 1, order: '-created_at' })
  assert.deepEqual([listed.customers.map((item) => item.id), listed.total], [[zoe.id], 2])
  const found = await sdk.customers.list({ email: 'zoe@example.com' })
  assert.deepEqual(found.customers.map((item) => item.source_id), ['zoe'])
  await sdk.customers.delete('zoe')
  await refused(sdk.customers.get('zoe'), 404, 'not_found')
}

async function loyalty() {
  const club = await sdk.loyalties.create({
    name: 'Club',
    type: 'AUTO_UPDATE',
    auto_join: true,
    join_once: true,
    voucher: { type: 'LOYALTY_CARD', loyalty_card: { points: 0 }, code_config: { pattern: 'CLUB-####' } },
  })
  const schema = { schema_id: process.env.SCHEMA_ID }
  const [rule] = await sdk.loyalties.createEarningRule(club.id, [
    { event: 'signed_up', custom_event: schema, loyalty: { type: 'FIXED', points: 10 }, source: { banner: 'Welcome' } },
  ])
  await sdk.loyalties.disableEarningRule(club.id, rule.id)
  assert.equal((await sdk.loyalties.enableEarningRule(club.id, rule.id)).active, true)
  const better = await sdk.loyalties.updateEarningRule(club.id, { id: rule.id, loyalty: { type: 'FIXED', points: 20 } })
  assert.deepEqual([better.loyalty, better.source.banner], [{ type: 'FIXED', points: 20 }, 'Welcome'])
  assert.deepEqual((await sdk.loyalties.listEarningRules(club.id)).data.map((item) => item.id), [rule.id])

  const card = await sdk.loyalties.createMember(club.id, { customer: { source_id: 'ada@example.com' } })
  const added = await sdk.loyalties.addOrRemoveCardBalance(card.code, { points: 5 }, club.id)
  const removed = await sdk.loyalties.addOrRemoveCardBalance(card.code, { points: -2 })
  assert.deepEqual([added.balance, removed.balance, removed.total], [5, 3, 5])
  const read = await sdk.loyalties.getMember(club.id, card.code)
  assert.deepEqual([read.id, read.loyalty_card.balance, read.holder_id], [card.id, 3, card.holder_id])
  assert.deepEqual((await sdk.loyalties.listMembers(club.id)).vouchers.map((item) => item.code), [card.code])
  const transactions = await sdk.loyalties.listCardTransactions(card.code, club.id)
  assert.deepEqual(transactions.data.map((item) => item.type), ['POINTS_REMOVAL', 'POINTS_ADDITION'])
  assert.equal((await sdk.loyalties.get('Club')).id, club.id)
  return club
}

async function events() {
  const tracked = await sdk.events.create('signed_up', {
    customer: { source_id: 'ben', name: 'Ben' },
    metadata: { source: 'web' },
  })
  assert.deepEqual([tracked.object, tracked.type, tracked.customer.source_id], ['event', 'signed_up', 'ben'])
  await refused(sdk.events.create('unheard of', { customer: { source_id: 'ben' } }), 404, 'not_found')
  const ben = await sdk.customers.get('ben')
  assert.deepEqual(ben.loyalty.campaigns.Club.points, 20)
  const activity = await sdk.customers.listActivity('ben', { limit: 50 })
  const types = activity.data.map((item) => item.type)
  assert.ok(types.includes('customer.custom_event') && types.includes('customer.rewarded.loyalty_points'), types)
}

async function campaigns() {
  const spring = await sdk.campaigns.create({
    name: 'Spring sale',
    campaign_type: 'DISCOUNT_COUPONS',
    type: 'STATIC',
    voucher: {
      type: 'DISCOUNT_VOUCHER',
      discount: { type: 'PERCENT', percent_off: 10 },
      code_config: { pattern: 'SPRING-#####' },
    },
    metadata: { season: 'spring' },
  })
  const one = await sdk.campaigns.addVoucher('Spring sale', {})
  const certain = await sdk.campaigns.addCertainVoucher('Spring sale', 'SPRING-ADA', {})
  assert.match(one.code, /^SPRING-.{5}$/)
  assert.deepEqual([certain.code, certain.campaign, certain.discount.percent_off], ['SPRING-ADA', 'Spring sale', 10])
  await sdk.campaigns.disable(spring.id)
  assert.equal((await sdk.campaigns.get('Spring sale')).active, false)
  await sdk.campaigns.enable(spring.id)
  const changed = await sdk.campaigns.update(spring.id, { description: 'All of May' })
  assert.deepEqual([changed.description, changed.metadata], ['All of May', { season: 'spring' }])
  const listed = await sdk.campaigns.list({ limit: 10 })
  assert.deepEqual(listed.campaigns.map((item) => item.name), ['Spring sale', 'Club'])
}

async function vouchers() {
  const card = await sdk.vouchers.create({ code: 'GIFT-1', type: 'GIFT_VOUCHER', gift: { amount: 1000 } })
  const added = await sdk.vouchers.balance.create('GIFT-1', { amount: 500 })
  assert.deepEqual([card.gift.balance, added.amount, added.balance], [1000, 500, 1500])
  await sdk.vouchers.disable('GIFT-1')
  assert.equal((await sdk.vouchers.get('GIFT-1')).active, false)
  assert.equal((await sdk.vouchers.enable('GIFT-1')).active, true)
  const changed = await sdk.vouchers.update({ code: 'GIFT-1', additional_info: 'For Ben' })
  assert.equal(changed.additional_info, 'For Ben')
  const transactions = await sdk.vouchers.listTransactions('GIFT-1')
  assert.equal(transactions.data[0].type, 'CREDITS_ADDITION')
  const listed = await sdk.vouchers.list({ campaign: 'Spring sale', order: 'code' })
  assert.equal(listed.total, 2)
  await sdk.vouchers.create({ code: 'GONE', type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 100 } })
  await sdk.vouchers.delete('GONE', { force: true })
  await refused(sdk.vouchers.get('GONE'), 404, 'not_found')
}

async function publications() {
  const published = await sdk.distributions.publications.create({
    customer: { source_id: 'ada@example.com' },
    voucher: 'SPRING-ADA',
    metadata: { by: 'mail' },
  })
  assert.deepEqual([published.result, published.voucher.code, published.tracking_id],
    ['SUCCESS', 'SPRING-ADA', 'ada@example.com'])
  const listed = await sdk.distributions.publications.list({ customer: 'ada@example.com', campaign: 'Spring sale' })
  assert.deepEqual(listed.publications.map((item) => item.id), [published.id])
}

async function startLongJobs() {
  const codes = await sdk.campaigns.addVoucher('Spring sale', {}, { vouchers_count: 30 })
  const bulk = await sdk.customers.updateInBulk([{ source_id: 'ben', phone: '1' }, { source_id: 'cleo', name: 'Cleo' }])
  const metadata = await sdk.customers.updateMetadataInBulk({ source_ids: ['ben'], metadata: { level: 'gold' } })
  for (const { async_action_id: id } of [codes, bulk, metadata]) {
    assert.equal((await sdk.asyncActions.get(id)).status, 'ENQUEUED')
  }
}

async function lookAtLongJobs() {
  const { async_actions: actions } = await sdk.asyncActions.list({ limit: 10 })
  assert.deepEqual(actions.map((item) => [item.type, item.status, item.operation_status]), [
    ['CUSTOMERS.METADATA_UPDATE', 'DONE', 'SUCCESS'],
    ['CUSTOMERS.BULK_UPDATE', 'DONE', 'SUCCESS'],
    ['CAMPAIGN.VOUCHERS_GENERATE', 'DONE', 'SUCCESS'],
  ])
  assert.equal((await sdk.campaigns.get('Spring sale')).vouchers_count, 32)
  const ben = await sdk.customers.get('ben')
  assert.deepEqual([ben.phone, ben.metadata], ['1', { level: 'gold' }])
  assert.equal((await sdk.customers.get('cleo')).name, 'Cleo')
}

async function before() {
  await customers()
  await loyalty()
  await events()
  await campaigns()
  await vouchers()
  await publications()
  await startLongJobs()
}

await (part === 'before' ? before() : lookAtLongJobs())
