-- Run once, as the database cluster is made: Dialplane's own user is no superuser.
\set password `cat /run/secrets/postgres-dialplane`
CREATE ROLE dialplane LOGIN PASSWORD :'password';
CREATE DATABASE dialplane OWNER dialplane;
REVOKE ALL ON DATABASE dialplane FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
