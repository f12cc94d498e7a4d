-- What a credit was worth at an instant, in nano-dollars: the setting `credit_price_usd` of then.
create or replace function credit_price_v1(p_at timestamptz)
returns bigint language sql stable as $$
  select p.price_nanos from credit_prices p where p.from_at <= p_at order by p.from_at desc limit 1;
$$;
