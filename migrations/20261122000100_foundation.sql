-- Roles are made once per cluster, before any migration (see README.md here).
-- Every object belongs to pd_owner, which nobody signs in as.
GRANT CREATE, USAGE ON SCHEMA public TO pd_owner;
GRANT USAGE ON SCHEMA public TO pd_web, pd_partner, pd_staff, pd_system;
SET LOCAL ROLE pd_owner;

-- ISO 4217: digits after the decimal mark. Everything not named has two.
CREATE FUNCTION minor_units(currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN $1 IN ('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','UYI','VND','VUV','XAF','XOF','XPF') THEN 0
        WHEN $1 IN ('BHD','IQD','JOD','KWD','LYD','OMR','TND') THEN 3
        WHEN $1 IN ('CLF','UYW') THEN 4
        ELSE 2
    END
$$;

CREATE TABLE currency (
    code text PRIMARY KEY,
    minor_units smallint NOT NULL,
    CONSTRAINT currency_code_is_iso CHECK (code ~ '^[A-Z]{3}$'),
    CONSTRAINT currency_minor_units_agree CHECK (minor_units = minor_units(code))
);
INSERT INTO currency (code, minor_units)
SELECT code, minor_units(code) FROM unnest(string_to_array(
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG', ' ')) AS code;

-- What is left of a commission. The order of refunds does not matter: it is priced on what is left of the order.
-- A percentage is rounded half away from zero to the currency's minor unit; a fixed amount falls in proportion,
-- by whole-number division so that no intermediate rounding can tip a half.
CREATE FUNCTION commission_left(kind text, value numeric, order_amount numeric, refunded numeric, rejected boolean, currency text)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN rejected THEN 0
        WHEN kind = 'percent' THEN round(value * (order_amount - refunded) / 100, minor_units(currency))
        WHEN order_amount = 0 THEN round(value, minor_units(currency))
        ELSE round(div(2 * value * (order_amount - refunded) * (10::numeric ^ minor_units(currency)) + order_amount,
                       2 * order_amount) / (10::numeric ^ minor_units(currency)), minor_units(currency))
    END
$$;

-- Checks that read other tables run as the owner, with pg_temp named last in their search path: unnamed it comes first,
-- and a temporary table called `account` would take a real one's place.

-- For tables of which a row is never changed.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END
$$;

-- The partner of this transaction; nothing where none was set, so that a policy fails closed.
CREATE FUNCTION current_partner() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('pd.partner', true), '')::bigint
$$;

GRANT SELECT ON currency TO pd_web, pd_partner, pd_staff, pd_system;

RESET ROLE;
