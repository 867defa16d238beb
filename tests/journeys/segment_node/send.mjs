// Sends what the test asks for through the SDK as it is: `node send.mjs HOST TOKEN COUNT [REFERRAL_CODE]`.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count, code] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey })
const errors = []
analytics.on('error', (error) => errors.push(error))

analytics.identify({ userId: 'ben', traits: { name: 'Ben', email: 'ben@example.com', plan: 'gold' } })
analytics.alias({ userId: 'ben', previousId: 'a-1' })
analytics.page({ userId: 'ben', name: 'Home' })
analytics.group({ userId: 'ben', groupId: 'club', traits: {} })
for (let number = 0; number < Number(count); number += 1) {
  analytics.track({
    userId: 'ben',
    event: 'paid',
    properties: { amount: number + 0.5 },
    timestamp: new Date(Date.now() - 60_000),
    integrations: code ? { Boon: { referral: { code } } } : {},
  })
}
await analytics.closeAndFlush({ timeout: 120_000 })
if (errors.length) {
  console.error(errors)
  process.exit(1)
}
