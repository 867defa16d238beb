-- The floor: the least that has to be written for one such event, as single statements in one transaction.
-- Run by pgbench against the product's own schema, with all of its constraints, indexes and foreign keys. No reads.
--
-- Variables: customers (how many there are), project, definition, rule, program.
-- Keys are time-ordered as the product's are: a version 7 UUID is gen_random_uuid() with the milliseconds of the clock
-- in its first six bytes and two more version bits set.
-- The answer is as long as the product's and always the same but for the names in it (docs/adr/0007).

\set number random(1, :customers)
\set order random(1, 1000000)
\set amount random(1, 500)
\set items random(1, 9)

BEGIN;

INSERT INTO customers_customer (id, project_id, source_id, name, metadata, created_at)
VALUES (
    gen_random_uuid(), :project, 'customer-' || :number::text, 'Customer ' || :number::text, '{}', now()
)
ON CONFLICT (project_id, source_id) WHERE source_id IS NOT NULL
DO UPDATE SET name = EXCLUDED.name, updated_at = now()
RETURNING id AS customer \gset

INSERT INTO events_event (
    id, project_id, definition_id, version, name, customer_id, metadata, codes, channel, group_id, occurred_at, received_at
)
SELECT
    encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM clock.now) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    :project, :definition, 1, 'order_placed', :customer,
    jsonb_build_object(
        'order_id', 'order-' || :order::text, 'amount', :amount::int, 'items', :items::int, 'currency', 'EUR',
        'channel', 'web', 'first_order', true, 'placed_at', '2026-11-22T10:00:00.000Z',
        'note', 'please leave it at the door'
    ),
    '{}', 'FLOOR', 'v-019aab2c5f0070000', clock.now, clock.now
FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock
RETURNING id AS event \gset

INSERT INTO events_idempotencykey (event_id, project_id, key, fingerprint, answer)
SELECT
    :event, :project, sender.id, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '{"object":"event","type":"order_placed","customer":{"id":"cust_0123456789ABCDEFGHIJKL","source_id":"customer-'
    || :number::text || '","name":"Customer ' || :number::text || '","email": null,"metadata":{},"object":"customer"},'
    '"referral": null,"loyalty": null,"id":"event_0123456789ABCDEFGHIJKL","source_id":"' || sender.id
    || '","created_at":"2026-11-22T10:00:00.000Z","occurred_at":"2026-11-22T10:00:00.000Z"}'
FROM (SELECT gen_random_uuid()::text AS id) AS sender;

UPDATE loyalty_loyaltycard
SET balance = balance + 10, lifetime = lifetime + 10
WHERE program_id = :program AND customer_id = :customer AND closed_at IS NULL
RETURNING voucher_id AS card, balance, lifetime \gset

INSERT INTO loyalty_ledgerentry (
    id, project_id, card_id, kind, points, source, event_id, rule_id, reason, balance_after, lifetime_after, created_at
)
VALUES (
    encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM now()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    :project, :card, 'earn', 10, 'event:' || :event::text || ':' || 'rule:' || :rule::text, :event, :rule, '',
    :balance, :lifetime, now()
);

INSERT INTO events_effect (
    id, project_id, cause_kind, cause_id, event_id, customer_id, seq, kind, data, group_id, created_at
)
SELECT
    encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM now()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    :project, 'event', :event, :event, :customer, effect.seq, effect.kind, effect.data, 'v-019aab2c5f0070000', now()
FROM (VALUES
    (0, 'points.earned', '{"points": 10, "card": "aB3d00001", "rule": "ern_0123456789ABCDEFGHIJKL", "customer": "cust_0123456789ABCDEFGHIJKL", "campaign_id": "camp_0123456789ABCDEFGHIJKL", "transaction": "vtx_0123456789ABCDEFGHIJKL"}'::jsonb),
    (1, 'reactions.declined', '{"skipped": [{"kind": "earning_rule", "id": "ern_0123456789ABCDEFGHIJKL", "reason": "outside_window"}]}'::jsonb)
) AS effect (seq, kind, data);

COMMIT;
