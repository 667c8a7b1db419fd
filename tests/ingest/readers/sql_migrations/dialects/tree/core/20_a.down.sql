DROP TABLE generic_only;
