-- A new UUIDv7 of an instant: its 48 bits of milliseconds, then random ones.
create or replace function new_uuid_v7_v1(p_at timestamptz)
returns uuid language sql volatile as $$
  select encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          placing substring(int8send(floor(extract(epoch from p_at) * 1000)::bigint) from 3) from 1 for 6),
        52, 1),
      53, 1),
    'hex')::uuid;
$$;
