-- Stores the answer under a claimed idempotency key, so that a repeat gets it. The ciphertext comes in hex.
create or replace function store_answer_v1(p_id text, p_status int, p_sealed_hex text)
returns void language sql volatile set enable_seqscan = off as $$
  update idempotency_keys
  set response_status = p_status, sealed_response = decode(p_sealed_hex, 'hex'), instance_id = null
  where id = p_id and response_status is null;
$$;
