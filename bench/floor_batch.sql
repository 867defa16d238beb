-- The floor of a batch: what floor.sql writes, for a number of events at once, by one set-based statement in one transaction.
-- Run by pgbench against the product's own schema, with all of its constraints, indexes and foreign keys. No reads: the
-- keys of customers and cards come back from the upsert and the update.
--
-- Variables: customers, project, definition, rule, program, as in floor.sql; size.
-- The events are made inside the server: pgbench has no document to send, and what is compared is the writing. Making
-- them takes about as long as reading them from a JSON parameter would (docs/adr/0007).
-- Customers are upserted in order, or two of these would deadlock.

BEGIN;

WITH sent AS MATERIALIZED (
    SELECT
        n, number, clock.now, gen_random_uuid()::text AS sender_id,
        encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING clock.prefix FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid AS event_id,
        row_number() OVER (PARTITION BY number ORDER BY n) AS nth
    FROM (
        SELECT n, 1 + floor(random() * :customers::int)::int AS number FROM generate_series(1, :size::int) AS n
    ) AS drawn,
    (
        SELECT now, substring(int8send((extract(epoch FROM now) * 1000)::bigint) FROM 3) AS prefix
        FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS moment
    ) AS clock
),
people AS (
    INSERT INTO customers_customer (id, project_id, source_id, name, metadata, created_at)
    SELECT gen_random_uuid(), :project, 'customer-' || number, 'Customer ' || number, '{}', now()
    FROM (SELECT DISTINCT number FROM sent) AS somebody
    ORDER BY 'customer-' || number
    ON CONFLICT (project_id, source_id) WHERE source_id IS NOT NULL
    DO UPDATE SET name = EXCLUDED.name, updated_at = now()
    RETURNING id, substring(source_id FROM 10)::int AS number
),
named AS MATERIALIZED (
    SELECT sent.*, people.id AS customer_id FROM sent JOIN people USING (number)
),
events AS (
    INSERT INTO events_event (
        id, project_id, definition_id, version, name, customer_id, metadata, codes, channel, group_id,
        occurred_at, received_at
    )
    SELECT
        event_id, :project, :definition, 1, 'order_placed', customer_id,
        jsonb_build_object(
            'order_id', 'order-' || n, 'amount', 12.5, 'items', 3, 'currency', 'EUR', 'channel', 'web',
            'first_order', true, 'placed_at', '2026-11-22T10:00:00.000Z', 'note', 'please leave it at the door'
        ),
        '{}', 'FLOOR', 'v-019aab2c5f0070000', now, now
    FROM named
),
keys AS (
    INSERT INTO events_idempotencykey (event_id, project_id, key, fingerprint, answer)
    SELECT
        event_id, :project, sender_id, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        '{"object":"event","type":"order_placed","customer":{"id":"cust_0123456789ABCDEFGHIJKL","source_id":"customer-'
        || number || '","name":"Customer ' || number || '","email": null,"metadata":{},"object":"customer"},'
        '"referral": null,"loyalty": null,"id":"event_0123456789ABCDEFGHIJKL","source_id":"' || sender_id
        || '","created_at":"2026-11-22T10:00:00.000Z","occurred_at":"2026-11-22T10:00:00.000Z"}'
    FROM named
),
cards AS (
    UPDATE loyalty_loyaltycard AS card
    SET balance = card.balance + 10 * own.events, lifetime = card.lifetime + 10 * own.events
    FROM (SELECT customer_id, count(*) AS events FROM named GROUP BY customer_id) AS own
    WHERE card.program_id = :program AND card.customer_id = own.customer_id AND card.closed_at IS NULL
    RETURNING card.voucher_id AS card_id, card.customer_id, card.balance - 10 * own.events AS balance_before,
        card.lifetime - 10 * own.events AS lifetime_before
),
entries AS (
    INSERT INTO loyalty_ledgerentry (
        id, project_id, card_id, kind, points, source, event_id, rule_id, reason, balance_after, lifetime_after, created_at
    )
    SELECT
        encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(uuid_send(event_id) FROM 1 FOR 6) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
        :project, card_id, 'earn', 10, 'event:' || event_id || ':' || 'rule:' || :rule::text, event_id, :rule, '',
        balance_before + 10 * nth, lifetime_before + 10 * nth, now
    FROM named JOIN cards USING (customer_id)
)
INSERT INTO events_effect (
    id, project_id, cause_kind, cause_id, event_id, customer_id, seq, kind, data, group_id, created_at
)
SELECT
    encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(uuid_send(event_id) FROM 1 FOR 6) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    :project, 'event', event_id, event_id, customer_id, effect.seq, effect.kind, effect.data, 'v-019aab2c5f0070000', now
FROM named, (VALUES
    (0, 'points.earned', '{"points": 10, "card": "aB3d00001", "rule": "ern_0123456789ABCDEFGHIJKL", "customer": "cust_0123456789ABCDEFGHIJKL", "campaign_id": "camp_0123456789ABCDEFGHIJKL", "transaction": "vtx_0123456789ABCDEFGHIJKL"}'::jsonb),
    (1, 'reactions.declined', '{"skipped": [{"kind": "earning_rule", "id": "ern_0123456789ABCDEFGHIJKL", "reason": "outside_window"}]}'::jsonb)
) AS effect (seq, kind, data);

COMMIT;
