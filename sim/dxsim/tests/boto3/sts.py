"""STS: GetCallerIdentity, AssumeRole."""

from harness import ACCOUNT, client, refused

ROLE = "arn:aws:iam::444455556666:role/dx-operator"


def walk(simulator, judge):
    sts = client(simulator, judge, "sts")
    with judge.case("sts: who am I"):
        found = sts.get_caller_identity()
        assert found["Account"] == ACCOUNT, found
        assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/netops", found
    with judge.case("sts: a role needs its external id"):
        with refused("AccessDenied", "is not authorized to perform: sts:AssumeRole"):
            sts.assume_role(RoleArn=ROLE, RoleSessionName="walk")
    with judge.case("sts: durations"):
        with refused("ValidationError"):
            sts.assume_role(RoleArn=ROLE, RoleSessionName="walk", ExternalId="open-sesame", DurationSeconds=43201)
    with judge.case("sts: an assumed role acts in its account"):
        found = sts.assume_role(RoleArn=ROLE, RoleSessionName="walk", ExternalId="open-sesame", DurationSeconds=900)
        keys = found["Credentials"]
        role = client(
            simulator, judge, "sts", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )
        identity = role.get_caller_identity()
        assert identity["Arn"] == found["AssumedRoleUser"]["Arn"], identity
        assert identity["UserId"] == found["AssumedRoleUser"]["AssumedRoleId"], identity
        ec2 = client(simulator, judge, "ec2", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        assert ec2.describe_vpcs()["Vpcs"] == []
    with judge.case("sts: a wrong session token"):
        stranger = client(simulator, judge, "sts", keys["AccessKeyId"], token="another")
        with refused("InvalidClientTokenId"):
            stranger.get_caller_identity()
    with judge.case("sts: not implemented"):
        with refused("InvalidAction", "GetSessionToken"):
            sts.get_session_token()
