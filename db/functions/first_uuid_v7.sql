-- The smallest UUIDv7 of an instant: its 48 bits of milliseconds, then zeros.
create or replace function first_uuid_v7_v1(p_at timestamptz)
returns uuid language sql immutable as $$
  select (lpad(to_hex(floor(extract(epoch from p_at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
$$;
