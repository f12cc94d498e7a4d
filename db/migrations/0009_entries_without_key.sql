ALTER TABLE "credit_transactions" DROP CONSTRAINT "credit_transactions_wallet_id_wallets_id_fk";
